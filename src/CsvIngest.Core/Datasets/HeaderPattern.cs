namespace CsvIngest.Datasets;

/// <summary>A header name with a place for one of a column's names, such as <c>billing *</c>; see <see cref="Column.Variants"/>.</summary>
/// <param name="Before">What comes before the name, in the form of <see cref="HeaderName.Normalize"/>.</param>
/// <param name="After">What comes after it, in the same form.</param>
internal sealed record HeaderPattern(string Before, string After)
{
    private const char Place = '*';

    /// <summary>The pattern of the names themselves.</summary>
    public static HeaderPattern Exact { get; } = new("", "");

    /// <summary>Whether a text contains one place for a name, and something else.</summary>
    public static bool IsValid(string text) => text.Split(Place).Length == 2 && Parse(text) != Exact;

    /// <summary>Parses a text for which <see cref="IsValid"/> is true.</summary>
    public static HeaderPattern Parse(string text)
    {
        var at = text.IndexOf(Place, StringComparison.Ordinal);
        return new HeaderPattern(HeaderName.Normalize(text[..at]), HeaderName.Normalize(text[(at + 1)..]));
    }

    /// <summary>Whether a header is the pattern with one of the names in its place.</summary>
    /// <param name="form">The header in the form of <see cref="HeaderName.Normalize"/>.</param>
    /// <param name="names">The names in the same form.</param>
    public bool Matches(string form, HashSet<string> names) =>
        form.Length > Before.Length + After.Length
        && form.StartsWith(Before, StringComparison.Ordinal)
        && form.EndsWith(After, StringComparison.Ordinal)
        && names.Contains(form[Before.Length..^After.Length]);
}
