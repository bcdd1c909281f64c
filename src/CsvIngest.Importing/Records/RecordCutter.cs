using System.Buffers;
using CsvIngest.Importing.Text;

namespace CsvIngest.Importing.Records;

/// <summary>The result of cutting a record.</summary>
internal enum Cut
{
    /// <summary>A well-formed record.</summary>
    Record,

    /// <summary>The text ends before the result is certain.</summary>
    NeedMoreData,

    /// <summary>A quoted field is followed by text.</summary>
    TextAfterQuote,

    /// <summary>A quoted field is unterminated at the end of the input.</summary>
    OpenQuote,
}

/// <summary>
/// Cuts one record from a text by the rules of any dialect. The result depends on the bytes of the record alone, never on how much of
/// the text has been read. A byte order mark before the record is no part of it, nor is white space around a quoted field. A quote
/// inside an unquoted field is text.
/// </summary>
internal sealed class RecordCutter(Dialect dialect, int maxFields)
{
    // A quote that is not the first character opens a field only if the field is closed within this length, so that a text such as ` "x`
    // does not hold up reading. A guess: enough for a value of many lines.
    private const int PrecededFieldBytes = 64 << 10;

    private readonly SimpleCutter? _simple = SimpleCutter.For(dialect);
    private readonly bool _escapesUnquoted = !dialect.HasQuote && dialect.Style == EscapeStyle.Character;
    private readonly bool _escapesAnywhere = dialect.Style == EscapeStyle.Character;

    private readonly SearchValues<byte> _endsUnquoted =
        SearchValues.Create([dialect.Separator[0], (byte)'\r', (byte)'\n', .. dialect.HasQuote ? [] : dialect.Escape.Take(1)]);

    /// <summary>The fields of the record that was cut last.</summary>
    public FieldTable Fields { get; } = new(dialect, maxFields);

    /// <summary>The record's length without its line end.</summary>
    public int Length { get; private set; }

    /// <summary>The record's length with its line end.</summary>
    public int End { get; private set; }

    /// <summary>Cuts the first record of a text.</summary>
    /// <param name="text">Text from the start of a record; not empty.</param>
    /// <param name="isFinalBlock">Whether no text follows.</param>
    public Cut Next(ReadOnlySpan<byte> text, bool isFinalBlock)
    {
        Fields.Clear();
        var at = Lines.MarkLength(text);
        while (true)
        {
            if (_simple?.TryCut(text, Fields, ref at) == true)
            {
                return EndRecord(text, isFinalBlock, at);
            }

            var cut = Field(text, isFinalBlock, ref at, out var isLast);
            if (cut != Cut.Record || isLast)
            {
                return cut;
            }
        }
    }

    private Cut Field(ReadOnlySpan<byte> text, bool isFinalBlock, ref int at, out bool isLast)
    {
        var open = dialect.FindOpening(text, at);
        if (open < 0)
        {
            return Unquoted(text, isFinalBlock, ref at, out isLast);
        }

        if (open == at)
        {
            return Quoted(text, isFinalBlock, open, ref at, out isLast);
        }

        // What precedes the quote is text if the quote does not enclose a field.
        var window = text[..Math.Min(text.Length, open + PrecededFieldBytes)];
        var isWhole = window.Length == text.Length;
        var cut = Quoted(window, isFinalBlock && isWhole, open, ref at, out isLast);
        return cut == Cut.Record || (cut == Cut.NeedMoreData && isWhole) ? cut : Unquoted(text, isFinalBlock, ref at, out isLast);
    }

    /// <param name="text">The text.</param>
    /// <param name="isFinalBlock">Whether no text follows.</param>
    /// <param name="open">The position of the opening quote.</param>
    /// <param name="at">Advances to the start of the next field if the field is quoted and not the last one.</param>
    /// <param name="isLast">Whether the record ends with the field.</param>
    private Cut Quoted(ReadOnlySpan<byte> text, bool isFinalBlock, int open, ref int at, out bool isLast)
    {
        isLast = true;
        var (start, isFormula) = (at, open > at && text[at] == '=');
        var cut = FindClosing(text, isFinalBlock, open + dialect.Quote.Length, out var close, out var isEscaped);
        if (cut == Cut.Record)
        {
            cut = AfterQuote(text, isFinalBlock, close + dialect.Quote.Length, ref at, out isLast);
        }

        if (cut == Cut.Record && isFormula)
        {
            AddUnquoted(text, start, close + dialect.Quote.Length);
        }
        else if (cut == Cut.Record)
        {
            start = open + dialect.Quote.Length;
            Fields.Add(start, close - start, isEscaped, isQuoted: true);
        }

        return cut;
    }

    /// <summary>Finds the closing quote of a field.</summary>
    private Cut FindClosing(ReadOnlySpan<byte> text, bool isFinalBlock, int from, out int close, out bool isEscaped)
    {
        var quote = dialect.Quote;
        isEscaped = false;
        while (true)
        {
            var found = NextMark(text[from..]);
            close = from + found;
            if (found < 0)
            {
                return isFinalBlock ? Cut.OpenQuote : Cut.NeedMoreData;
            }

            if (dialect.Style == EscapeStyle.Character && text[close..].StartsWith(dialect.Escape))
            {
                var after = text[(close + dialect.Escape.Length)..];
                if (!isFinalBlock && after.Length < Math.Max(quote.Length, dialect.Escape.Length))
                {
                    return Cut.NeedMoreData;
                }

                var escaped = dialect.EscapedLength(after, isQuoted: true);
                isEscaped |= escaped > 0;
                from = close + dialect.Escape.Length + escaped;
                continue;
            }

            if (dialect.Style != EscapeStyle.Doubled)
            {
                return Cut.Record;
            }

            var next = text[(close + quote.Length)..];
            if (!isFinalBlock && next.Length < quote.Length)
            {
                return Cut.NeedMoreData;
            }

            if (!next.StartsWith(quote))
            {
                return Cut.Record;
            }

            isEscaped = true;
            from = close + (2 * quote.Length);
        }
    }

    private Cut AfterQuote(ReadOnlySpan<byte> text, bool isFinalBlock, int closed, ref int at, out bool isLast)
    {
        isLast = true;
        var end = dialect.SkipPadding(text, closed);
        var rest = text[end..];
        if (rest.IsEmpty || rest[0] is (byte)'\r' or (byte)'\n')
        {
            return EndRecord(text, isFinalBlock, end);
        }

        if (rest.StartsWith(dialect.Separator))
        {
            at = end + dialect.Separator.Length;
            isLast = false;
            return Cut.Record;
        }

        // The text may end within a separator.
        return !isFinalBlock && rest.Length < dialect.Separator.Length ? Cut.NeedMoreData : Cut.TextAfterQuote;
    }

    private Cut Unquoted(ReadOnlySpan<byte> text, bool isFinalBlock, ref int at, out bool isLast)
    {
        isLast = true;
        var start = at;
        var from = start;
        while (true)
        {
            var found = text[from..].IndexOfAny(_endsUnquoted);
            if (found < 0)
            {
                AddUnquoted(text, start, text.Length);
                return EndRecord(text, isFinalBlock, text.Length);
            }

            from += found;
            var rest = text[from..];
            if (rest.StartsWith(dialect.Separator))
            {
                AddUnquoted(text, start, from);
                at = from + dialect.Separator.Length;
                isLast = false;
                return Cut.Record;
            }

            if (!isFinalBlock && rest.Length < dialect.Separator.Length && dialect.Separator.AsSpan().StartsWith(rest))
            {
                return Cut.NeedMoreData;
            }

            if (_escapesUnquoted && rest.StartsWith(dialect.Escape))
            {
                var after = rest[dialect.Escape.Length..];
                var need = Math.Max(2, Math.Max(dialect.Separator.Length, dialect.Escape.Length));
                if (!isFinalBlock && after.Length < need)
                {
                    return Cut.NeedMoreData;
                }

                from += dialect.Escape.Length + dialect.EscapedLength(after, isQuoted: false);
                continue;
            }

            if (rest[0] is (byte)'\r' or (byte)'\n')
            {
                AddUnquoted(text, start, from);
                return EndRecord(text, isFinalBlock, from);
            }

            from++;
        }
    }

    private void AddUnquoted(ReadOnlySpan<byte> text, int start, int end)
    {
        var isEscaped = _escapesAnywhere && text[start..end].IndexOf(dialect.Escape) >= 0;
        Fields.Add(start, end - start, isEscaped, isQuoted: false);
    }

    /// <summary>Ends the record at a line end, or at the end of the text.</summary>
    private Cut EndRecord(ReadOnlySpan<byte> text, bool isFinalBlock, int at)
    {
        Length = at;
        End = at + Lines.EndLength(text[at..]);
        var isCertain = isFinalBlock || (at < text.Length && (text[at] == '\n' || at + 1 < text.Length));
        return isCertain ? Cut.Record : Cut.NeedMoreData;
    }

    /// <summary>The next quote, or escape character where there is one.</summary>
    private int NextMark(ReadOnlySpan<byte> text)
    {
        var quote = dialect.Quote;
        if (!_escapesAnywhere)
        {
            return quote.Length == 1 ? text.IndexOf(quote[0]) : text.IndexOf(quote);
        }

        var from = 0;
        while (true)
        {
            var found = text[from..].IndexOfAny(quote[0], dialect.Escape[0]);
            if (found < 0)
            {
                return -1;
            }

            from += found;
            if (text[from..].StartsWith(dialect.Escape) || text[from..].StartsWith(quote))
            {
                return from;
            }

            from++;
        }
    }
}
