using System.Buffers;
using System.Text;
using CsvIngest.Importing.Text;

namespace CsvIngest.Importing.Records;

/// <summary>How a quote is written inside a quoted field.</summary>
public enum EscapeStyle
{
    /// <summary>A quoted field cannot contain a quote.</summary>
    None,

    /// <summary>The quote is doubled.</summary>
    Doubled,

    /// <summary>The quote is preceded by an escape character.</summary>
    Character,
}

/// <summary>
/// How records are divided into fields, and which lines are not records. The marks are kept as UTF-8, the form of the text that is cut.
/// </summary>
internal sealed class Dialect
{
    private readonly SearchValues<byte> _blank;
    private readonly bool[] _startsBlank = new bool[256];

    public Dialect(string separator, string? quote = "\"", EscapeStyle style = EscapeStyle.Doubled, string? escape = null, char? comment = null)
    {
        SeparatorText = separator;
        QuoteText = quote;
        EscapeText = style == EscapeStyle.Character ? escape ?? "\\" : null;
        Separator = Encoding.UTF8.GetBytes(separator);
        Quote = quote is null ? [] : Encoding.UTF8.GetBytes(quote);
        // An escape character that equals the quote is the doubled style by another name.
        var isDoubled = style == EscapeStyle.Doubled || (EscapeText is not null && EscapeText == quote);
        Escape = EscapeText is null || isDoubled ? [] : Encoding.UTF8.GetBytes(EscapeText);
        Style = isDoubled ? (HasQuote ? EscapeStyle.Doubled : EscapeStyle.None) : style;
        Comment = (byte?)comment;
        byte[] blank = [(byte)' ', (byte)'\t', .. Separator, .. Quote];
        _blank = SearchValues.Create(blank);
        foreach (var start in (byte[])[.. blank, (byte)'\r', (byte)'\n', .. "\uFEFF"u8])
        {
            _startsBlank[start] = true;
        }
    }

    public string SeparatorText { get; }

    /// <summary>Null if every quote is text.</summary>
    public string? QuoteText { get; }

    /// <summary>Null unless the style is an escape character.</summary>
    public string? EscapeText { get; }

    public byte[] Separator { get; }

    /// <summary>Empty if every quote is text.</summary>
    public byte[] Quote { get; }

    /// <summary>Empty unless the style is an escape character.</summary>
    public byte[] Escape { get; }

    public EscapeStyle Style { get; }

    /// <summary>The first byte of comment lines; null if there are none.</summary>
    public byte? Comment { get; }

    public bool HasQuote => Quote.Length > 0;

    /// <summary>A short description, such as <c>`;` separated</c>.</summary>
    public string Describe()
    {
        var text = new StringBuilder(SeparatorText switch
        {
            "\t" => "tab separated",
            " " => "space separated",
            _ => $"`{Show(SeparatorText)}` separated",
        });
        if (QuoteText is null)
        {
            text.Append(", no quotes");
        }
        else if (QuoteText != "\"")
        {
            text.Append($", quoted with `{Show(QuoteText)}`");
        }

        if (Style == EscapeStyle.Character)
        {
            text.Append($", escaped with `{Show(EscapeText!)}`");
        }
        else if (Style == EscapeStyle.None && HasQuote)
        {
            text.Append(", no escapes");
        }

        return text.ToString();
    }

    /// <summary>Whether a byte is white space that may surround a quoted field, unless it is the separator.</summary>
    public static bool IsPadding(byte value) => value is (byte)' ' or (byte)'\t';

    /// <summary>Where the white space before or after a quoted field ends: at a separator, or at anything but a space or a tab.</summary>
    public int SkipPadding(ReadOnlySpan<byte> text, int at)
    {
        while (at < text.Length && IsPadding(text[at]) && !text[at..].StartsWith(Separator))
        {
            at++;
        }

        return at;
    }

    /// <summary>
    /// Finds the quote that opens a field: its first character, or after white space, or after the equals sign of a
    /// <see cref="TextFormula"/>.
    /// </summary>
    /// <returns>The position of the quote; -1 if there is none.</returns>
    public int FindOpening(ReadOnlySpan<byte> text, int at)
    {
        if (!HasQuote)
        {
            return -1;
        }

        var open = SkipPadding(text, at);
        if (text[open..].StartsWith(Quote))
        {
            return open;
        }

        return text[at..].StartsWith("=\""u8) && Quote is [(byte)'"'] && Separator is not [(byte)'=', ..] ? at + 1 : -1;
    }

    /// <summary>Whether a line that starts with this byte is a comment.</summary>
    public bool IsComment(byte first) => first == Comment;

    /// <summary>Whether the first line of a text may be skipped, by its first two bytes: few rows need a second look.</summary>
    public bool MayBeSkipped(ReadOnlySpan<byte> text) => text[0] == Comment
        || (_startsBlank[text[0]] && (text.Length == 1 || _startsBlank[text[1]] || text[0] is (byte)'\r' or (byte)'\n'));

    /// <summary>Whether the first line of a text may be blank, as far as that can be seen without dividing it into fields.</summary>
    public bool MayBeBlank(ReadOnlySpan<byte> text)
    {
        var other = text.IndexOfAnyExcept(_blank);
        return other < 0 || text[other] is (byte)'\r' or (byte)'\n';
    }

    /// <summary>
    /// Whether a line is blank: each of its fields is empty or white space. A single field in quotes is not blank, because that is how
    /// programs write a row of one empty value.
    /// </summary>
    public bool IsBlank(ReadOnlySpan<byte> line)
    {
        bool hasSeparator = false, hasQuotes = false, isQuoted = false;
        while (!line.IsEmpty)
        {
            if (line.StartsWith(Separator))
            {
                line = line[Separator.Length..];
                (hasSeparator, isQuoted) = (true, false);
            }
            else if (IsPadding(line[0]))
            {
                line = line[1..];
            }
            else if (HasQuote && !isQuoted && line.StartsWith(Quote))
            {
                line = line[Quote.Length..].TrimStart(" \t"u8);
                if (!line.StartsWith(Quote))
                {
                    return false;
                }

                line = line[Quote.Length..];
                hasQuotes = isQuoted = true;
            }
            else
            {
                return false;
            }
        }

        return hasSeparator || !hasQuotes;
    }

    /// <summary>Whether a line between records is skipped because it is blank or a comment.</summary>
    public bool IsSkipped(ReadOnlySpan<byte> line)
    {
        line = line[Lines.MarkLength(line)..];
        return IsBlank(line) || IsComment(line[0]);
    }

    /// <summary>
    /// How many bytes an escape character protects; 0 if the character is text itself, as in <c>C:\new</c>. It protects a quote and
    /// itself; in a file without quotes a separator, a line end and itself.
    /// </summary>
    /// <param name="after">The text after the escape character.</param>
    /// <param name="isQuoted">Whether the field is quoted.</param>
    public int EscapedLength(ReadOnlySpan<byte> after, bool isQuoted)
    {
        if (after.StartsWith(Escape))
        {
            return Escape.Length;
        }

        if (HasQuote || isQuoted)
        {
            return after.StartsWith(Quote) ? Quote.Length : 0;
        }

        return after.StartsWith(Separator) ? Separator.Length : Lines.EndLength(after);
    }

    /// <summary>Writes the value of a field without its escapes and returns its length.</summary>
    /// <param name="written">The field as it is in the file, without its quotes.</param>
    /// <param name="isQuoted">Whether the field is quoted.</param>
    /// <param name="value">The destination, at least as long.</param>
    public int Unescape(ReadOnlySpan<byte> written, bool isQuoted, Span<byte> value)
    {
        var isDoubled = Style == EscapeStyle.Doubled;
        var mark = isDoubled ? Quote : Escape;
        var length = 0;
        while (true)
        {
            var at = mark.Length == 0 ? -1 : written.IndexOf(mark);
            if (at < 0)
            {
                written.CopyTo(value[length..]);
                return length + written.Length;
            }

            var after = written[(at + mark.Length)..];
            var escaped = isDoubled
                ? (after.StartsWith(mark) ? mark.Length : 0)
                : EscapedLength(after, isQuoted);
            var kept = escaped == 0 ? at + mark.Length : at;
            written[..kept].CopyTo(value[length..]);
            length += kept;
            after[..escaped].CopyTo(value[length..]);
            length += escaped;
            written = after[escaped..];
        }
    }

    private static string Show(string text) =>
        string.Concat(text.Select(c => char.IsControl(c) ? $"\\u{(int)c:X4}" : c.ToString()));
}
