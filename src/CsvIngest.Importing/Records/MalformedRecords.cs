using CsvIngest.Importing.Text;

namespace CsvIngest.Importing.Records;

/// <summary>The result of examining a malformed record.</summary>
internal enum Verdict
{
    /// <summary>More text is needed to decide.</summary>
    NeedMoreData,

    /// <summary>One line of the right width with stray quotes, which are text.</summary>
    StrayQuotes,

    /// <summary>Rejected, up to the next line that starts a whole record.</summary>
    Rejected,
}

/// <summary>
/// Decides what a record is that breaks the quoting rules, and where reading resumes. The decision depends on the bytes alone, never on
/// how much of the text has been read.
/// </summary>
/// <param name="dialect">How records are divided into fields.</param>
/// <param name="width">How many fields a record has.</param>
/// <param name="maxFields">How many fields are kept.</param>
/// <param name="fields">Receives the fields of a record with stray quotes.</param>
internal sealed class MalformedRecords(Dialect dialect, RecordWidth width, int maxFields, FieldTable fields)
{
    // How far to search for a whole record before resuming at the next line. A guess: about a hundred lines of text, enough for a value
    // that spans many lines.
    public const int LookaheadBytes = 64 << 10;

    private readonly RecordCutter _cutter = new(dialect, maxFields);
    private readonly StrayQuotes _stray = new(dialect, fields);
    private readonly StrayQuotes _trial = new(dialect, new FieldTable(dialect, maxFields));
    private long _nothingWholeBefore;

    /// <summary>The length of the record with its line end.</summary>
    public int End { get; private set; }

    /// <param name="text">Text from the start of the record.</param>
    /// <param name="isFinalBlock">Whether no text follows.</param>
    /// <param name="position">The position of the record in the whole text.</param>
    public Verdict Examine(ReadOnlySpan<byte> text, bool isFinalBlock, long position)
    {
        if (!Lines.TryFindEnd(text, isFinalBlock, out var length, out var end))
        {
            return Verdict.NeedMoreData;
        }

        End = end;
        if (_stray.TryRead(text[..length], width))
        {
            return Verdict.StrayQuotes;
        }

        var enough = end + LookaheadBytes;
        if (text.Length < enough && !isFinalBlock)
        {
            return Verdict.NeedMoreData;
        }

        var isWindowFinal = isFinalBlock && text.Length <= enough;
        var window = text[..Math.Min(text.Length, enough)];
        if (NextWhole(window, isWindowFinal, position) is var next and > 0)
        {
            End = next;
        }

        return Verdict.Rejected;
    }

    /// <summary>The position of the next line that starts a whole record; 0 if there is none in the window.</summary>
    private int NextWhole(ReadOnlySpan<byte> window, bool isFinalBlock, long position)
    {
        // Skip what an earlier search has covered without a result. Otherwise a file of malformed lines would take quadratic time.
        var at = (int)Math.Max(End, _nothingWholeBefore - position);
        var isCertain = true;
        while (at < window.Length)
        {
            var rest = window[at..];
            if (!Lines.TryFindEnd(rest, isFinalBlock, out var length, out var end))
            {
                break;
            }

            switch (Try(rest, length, isFinalBlock))
            {
                case Cut.Record:
                    return at;
                case Cut.NeedMoreData:
                    // A window that starts further down may show that it is whole.
                    isCertain = false;
                    break;
            }

            at += end;
            if (isCertain)
            {
                _nothingWholeBefore = position + at;
            }
        }

        return 0;
    }

    private Cut Try(ReadOnlySpan<byte> rest, int lineLength, bool isFinalBlock)
    {
        var line = rest[..lineLength];
        if (dialect.IsSkipped(line))
        {
            return Cut.OpenQuote;
        }

        var cut = _cutter.Next(rest, isFinalBlock);
        if (cut == Cut.Record)
        {
            return width.Fits(_cutter.Fields, rest) ? Cut.Record : Cut.OpenQuote;
        }

        return cut != Cut.NeedMoreData && _trial.TryRead(line, width) ? Cut.Record : cut;
    }
}
