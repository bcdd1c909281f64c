namespace CsvIngest.Importing.Reading;

/// <summary>What a malformed record is after all.</summary>
internal enum Verdict
{
    /// <summary>More text is needed to tell.</summary>
    NeedMoreData,

    /// <summary>One line of the right width, with stray quotes in it, which are text.</summary>
    StrayQuotes,

    /// <summary>Refused, up to the next line that starts a whole record.</summary>
    Refused,
}

/// <summary>
/// Decides what a record is that breaks the quoting rules, and where reading resumes: only what the bytes themselves say counts,
/// never how much of the text happens to be there.
/// </summary>
/// <param name="dialect">How fields are told apart.</param>
/// <param name="width">How many fields a record has.</param>
/// <param name="maxFields">How many fields are kept.</param>
/// <param name="comment">Lines that start with it are no records; null for none.</param>
/// <param name="fields">Takes the fields of a record with stray quotes.</param>
internal sealed class MalformedRecords(Dialect dialect, int width, int maxFields, byte? comment, FieldTable fields)
{
    // How far reading looks for a whole record before it gives up and goes on with the next line. A guess: a hundred or so
    // lines of text, one value of many lines.
    public const int LookaheadBytes = 64 << 10;

    private readonly RecordCutter _cutter = new(dialect, maxFields);
    private readonly StrayQuotes _stray = new(dialect, fields);
    private readonly StrayQuotes _trial = new(dialect, new FieldTable(dialect, maxFields));
    private long _nothingWholeBefore;

    /// <summary>The length of the record with its line end.</summary>
    public int End { get; private set; }

    /// <param name="text">From the start of the record.</param>
    /// <param name="isFinalBlock">Whether no more comes.</param>
    /// <param name="position">Of the record, in any count that grows by one a byte.</param>
    public Verdict Judge(ReadOnlySpan<byte> text, bool isFinalBlock, long position)
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

        var isWindowAll = isFinalBlock && text.Length <= enough;
        var window = text[..Math.Min(text.Length, enough)];
        if (NextWhole(window, isWindowAll, position) is var next and > 0)
        {
            End = next;
        }

        return Verdict.Refused;
    }

    /// <summary>Where the next line is that starts a whole record; 0 when none is near.</summary>
    private int NextWhole(ReadOnlySpan<byte> window, bool isFinalBlock, long position)
    {
        // Where an earlier search found nothing there is nothing: this keeps a file of nothing but bad lines from being searched
        // over and over.
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
                    // It may be whole, seen from further down.
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
        if (SampleReading.IsBlank(line, dialect) || (comment is { } mark && rest[0] == mark))
        {
            return Cut.OpenQuote;
        }

        var cut = _cutter.Next(rest, isFinalBlock);
        if (cut == Cut.Record)
        {
            return _cutter.Fields.Count == width ? Cut.Record : Cut.OpenQuote;
        }

        return cut != Cut.NeedMoreData && _trial.TryRead(line, width) ? Cut.Record : cut;
    }
}
