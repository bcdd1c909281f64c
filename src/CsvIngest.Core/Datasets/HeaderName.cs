using System.Globalization;
using System.Text;

namespace CsvIngest.Datasets;

/// <summary>Decides when two header names are the same.</summary>
internal static class HeaderName
{
    /// <summary>
    /// The form in which names are compared: lower-case, in NFC, without white space, invisible characters (such as a byte
    /// order mark), <c>_</c> and <c>-</c>.
    /// </summary>
    public static string Normalize(string name)
    {
        var form = new StringBuilder(name.Length);
        foreach (var rune in Normalized(name).EnumerateRunes())
        {
            if (!IsIgnored(rune))
            {
                form.Append(Rune.ToLowerInvariant(rune));
            }
        }

        return form.ToString();
    }

    /// <summary>The name without surrounding white space and byte order mark.</summary>
    public static string Trim(string name) => name.Trim().Trim('\uFEFF').Trim();

    private static bool IsIgnored(Rune rune) =>
        rune.Value is '_' or '-'
        || Rune.IsWhiteSpace(rune)
        || Rune.GetUnicodeCategory(rune) is UnicodeCategory.Format or UnicodeCategory.Control;

    private static string Normalized(string name)
    {
        try
        {
            return name.Normalize();
        }
        catch (ArgumentException)
        {
            // The name contains a lone surrogate or a noncharacter. No dataset expects such a name: it is compared unchanged.
            return name;
        }
    }
}
