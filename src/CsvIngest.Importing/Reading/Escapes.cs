namespace CsvIngest.Importing.Reading;

/// <summary>
/// What escapes mean. A doubled quote is one quote. An escape character counts only where it stands before something that it
/// protects (a quote, itself; where nothing is a quote: a separator, a line end, itself); elsewhere it is text, as in
/// <c>C:\new</c>.
/// </summary>
internal static class Escapes
{
    /// <summary>Writes the value that was meant and returns its length.</summary>
    public static int Remove(Dialect dialect, ReadOnlySpan<byte> written, bool isQuoted, Span<byte> value)
    {
        var mark = dialect.Style == EscapeStyle.Doubled ? dialect.Quote : dialect.Escape;
        var length = 0;
        while (true)
        {
            var at = mark.Length == 0 ? -1 : written.IndexOf(mark);
            if (at < 0)
            {
                written.CopyTo(value[length..]);
                return length + written.Length;
            }

            var isDoubled = dialect.Style == EscapeStyle.Doubled;
            var after = written[(at + mark.Length)..];
            var covered = isDoubled
                ? (after.StartsWith(mark) ? mark.Length : 0)
                : EscapedLength(dialect, after, isQuoted);
            var kept = covered == 0 ? at + mark.Length : at;
            written[..kept].CopyTo(value[length..]);
            length += kept;
            after[..covered].CopyTo(value[length..]);
            length += covered;
            written = after[covered..];
        }
    }

    /// <summary>How many bytes an escape character before them protects; 0 when it is text itself.</summary>
    public static int EscapedLength(Dialect dialect, ReadOnlySpan<byte> after, bool isQuoted)
    {
        if (after.StartsWith(dialect.Escape))
        {
            return dialect.Escape.Length;
        }

        if (dialect.HasQuote || isQuoted)
        {
            return after.StartsWith(dialect.Quote) ? dialect.Quote.Length : 0;
        }

        if (after.StartsWith(dialect.Separator))
        {
            return dialect.Separator.Length;
        }

        return Lines.EndLength(after);
    }
}
