using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using CsvIngest.Values;

namespace CsvIngest.Datasets;

/// <summary>Decides when two header names are the same.</summary>
internal static partial class HeaderName
{
    /// <summary>
    /// What forms and templates write in brackets after the name of a column that must, or need not, have a value: "Email Address
    /// [Required]". In the form of <see cref="Reduce"/>.
    /// </summary>
    private static readonly HashSet<string> Obligations = new(StringComparer.Ordinal)
    {
        "required", "mandatory", "optional", "pflicht", "pflichtfeld", "erforderlich", "freiwillig", "obligatoire", "requis", "facultatif",
        "optionnel", "obligatorio", "requerido", "opcional", "obbligatorio", "richiesto", "facoltativo", "obrigatorio", "verplicht",
        "optioneel", "wymagane", "opcjonalne", "obligatorisk", "valfritt", "valgfritt", "pakrævet", "pakrevd", "povinne", "nepovinne",
    };

    /// <summary>
    /// The form in which names are compared: lower-case, in NFKD without accents, white space, invisible characters (such as a byte order mark),
    /// and the punctuation that joins or decorates words. A note in brackets that the column is required or optional is left out.
    /// </summary>
    public static string Normalize(string name) => Reduce(
        name.AsSpan().ContainsAny("([{") ? Bracketed().Replace(name, note => Obligations.Contains(Reduce(note.Value)) ? "" : note.Value) : name);

    /// <summary>The name without surrounding white space and byte order mark.</summary>
    public static string Trim(string name) => name.Trim().Trim('\uFEFF').Trim();

    private static string Reduce(string name)
    {
        var form = new StringBuilder(name.Length);
        foreach (var rune in Decompose(name).EnumerateRunes())
        {
            if (!IsIgnored(rune))
            {
                form.Append(Rune.ToLowerInvariant(rune));
            }
        }

        return form.ToString();
    }

    private static bool IsIgnored(Rune rune) =>
        rune.Value is '.' or ':' or '*' or '\'' or '"' or '`' or '\u00B4'
        || IsAccent(rune)
        || Rune.IsWhiteSpace(rune)
        || InvisibleCharacters.Contains(rune)
        || Rune.GetUnicodeCategory(rune) is UnicodeCategory.DashPunctuation or UnicodeCategory.ConnectorPunctuation
            or UnicodeCategory.OpenPunctuation or UnicodeCategory.ClosePunctuation
            or UnicodeCategory.InitialQuotePunctuation or UnicodeCategory.FinalQuotePunctuation;

    /// <summary>Marks of the Latin, Greek and Cyrillic scripts. In other scripts, marks are vowels: without them, words are other words.</summary>
    private static bool IsAccent(Rune rune) => rune.Value is >= 0x0300 and <= 0x036F;

    private static string Decompose(string name)
    {
        try
        {
            return name.Normalize(NormalizationForm.FormKD);
        }
        catch (ArgumentException)
        {
            // The name contains a lone surrogate or a noncharacter. No dataset expects such a name: it is compared unchanged.
            return name;
        }
    }

    [GeneratedRegex(@"[(\[{][^()\[\]{}]*[)\]}]", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Bracketed();
}
