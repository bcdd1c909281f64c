using CsvIngest.Settings;

namespace CsvIngest.Importing.Reading;

/// <summary>What fields may be enclosed in.</summary>
/// <param name="IsAuto">Found out from the start of the file.</param>
/// <param name="Mark">The character; null when automatic, or when nothing is a quote.</param>
internal sealed record QuoteSetting(bool IsAuto, string? Mark)
{
    /// <summary>Found out.</summary>
    public static QuoteSetting Auto { get; } = new(true, null);

    /// <summary>Every quote is text.</summary>
    public static QuoteSetting None { get; } = new(false, null);

    /// <summary>This character.</summary>
    public static QuoteSetting Of(string mark) => new(false, mark);

    /// <summary>As people write it: <c>auto</c>, <c>none</c>, or one character.</summary>
    /// <exception cref="UsageException">It is none of these.</exception>
    public static QuoteSetting Parse(string text) => text.ToLowerInvariant() switch
    {
        "auto" => Auto,
        "none" => None,
        "double" => Of("\""),
        "single" => Of("'"),
        _ => Of(Marks.OneCharacter(text, "--quote: expected one character, none, or auto.")),
    };
}

/// <summary>How a quote is written inside a quoted field.</summary>
/// <param name="IsAuto">Found out from the start of the file.</param>
/// <param name="Style">Meaningless when automatic.</param>
/// <param name="Mark">The escape character, where the style is one.</param>
internal sealed record EscapeSetting(bool IsAuto, EscapeStyle Style, string? Mark)
{
    /// <summary>Found out.</summary>
    public static EscapeSetting Auto { get; } = new(true, EscapeStyle.Doubled, null);

    /// <summary>A quote is written twice.</summary>
    public static EscapeSetting Doubled { get; } = new(false, EscapeStyle.Doubled, null);

    /// <summary>There is no way to write one.</summary>
    public static EscapeSetting None { get; } = new(false, EscapeStyle.None, null);

    /// <summary>This character stands before it.</summary>
    public static EscapeSetting Of(string mark) => new(false, EscapeStyle.Character, mark);

    /// <summary>As people write it: <c>auto</c>, <c>doubled</c>, <c>none</c>, or one character; a quote means doubled.</summary>
    /// <exception cref="UsageException">It is none of these.</exception>
    public static EscapeSetting Parse(string text) => text.ToLowerInvariant() switch
    {
        "auto" => Auto,
        "none" => None,
        "doubled" or "double" or "\"" => Doubled,
        "backslash" => Of("\\"),
        _ => Of(Marks.OneCharacter(text, "--escape: expected one character, doubled, none, or auto.")),
    };
}

/// <summary>How a quote is written inside a quoted field.</summary>
internal enum EscapeStyle
{
    /// <summary>It cannot be.</summary>
    None,

    /// <summary>Twice.</summary>
    Doubled,

    /// <summary>After an escape character.</summary>
    Character,
}

/// <summary>Checks that a setting is one character.</summary>
internal static class Marks
{
    internal static string OneCharacter(string text, string message)
    {
        var runes = text.EnumerateRunes();
        return runes.MoveNext() && runes.Current.Value is not ('\r' or '\n' or 0xFFFD) && !runes.MoveNext()
            ? text
            : throw new UsageException(message);
    }
}
