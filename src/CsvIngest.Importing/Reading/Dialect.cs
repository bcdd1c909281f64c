using System.Text;

namespace CsvIngest.Importing.Reading;

/// <summary>How the fields of a record are told apart. The marks are kept as UTF-8: that is what is cut.</summary>
internal sealed class Dialect
{
    public Dialect(string separator, string? quote = "\"", EscapeStyle style = EscapeStyle.Doubled, string? escape = null)
    {
        SeparatorText = separator;
        QuoteText = quote;
        EscapeText = style == EscapeStyle.Character ? escape ?? "\\" : null;
        Separator = Encoding.UTF8.GetBytes(separator);
        Quote = quote is null ? [] : Encoding.UTF8.GetBytes(quote);
        // An escape character that is the quote itself is the doubled style by another name.
        var isDoubled = style == EscapeStyle.Doubled || (EscapeText is not null && EscapeText == quote);
        Escape = EscapeText is null || isDoubled ? [] : Encoding.UTF8.GetBytes(EscapeText);
        Style = isDoubled ? (HasQuote ? EscapeStyle.Doubled : EscapeStyle.None) : style;
    }

    public string SeparatorText { get; }

    /// <summary>Null when every quote is text.</summary>
    public string? QuoteText { get; }

    /// <summary>Null unless the style is an escape character.</summary>
    public string? EscapeText { get; }

    public byte[] Separator { get; }

    /// <summary>Empty when every quote is text.</summary>
    public byte[] Quote { get; }

    /// <summary>Empty unless the style is an escape character.</summary>
    public byte[] Escape { get; }

    public EscapeStyle Style { get; }

    public bool HasQuote => Quote.Length > 0;

    /// <summary>
    /// Whether CsvHelper reads it as we mean it. It takes marks of one ASCII character, and an escape character only where there
    /// is no quote, dropping it before every character.
    /// </summary>
    public bool IsSimple => Separator is [> 0]
        && (HasQuote ? Quote.Length == 1 && Style == EscapeStyle.Doubled : Style == EscapeStyle.None);

    /// <summary>For people, such as <c>`;` separated</c>.</summary>
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

    private static string Show(string text) =>
        string.Concat(text.Select(c => char.IsControl(c) ? $"\\u{(int)c:X4}" : c.ToString()));
}
