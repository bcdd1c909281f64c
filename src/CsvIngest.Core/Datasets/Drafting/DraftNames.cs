using System.Globalization;
using System.Text;

namespace CsvIngest.Datasets.Drafting;

/// <summary>Makes names of tables and columns from names of files and headers.</summary>
/// <param name="headers">The headers of the file, in the form in which they are compared. No name may be mistaken for another's header.</param>
internal sealed class DraftNames(IReadOnlyCollection<string> headers)
{
    /// <summary>Leaves room for a number. The limit is 63.</summary>
    private const int MaxLength = 56;

    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);

    /// <summary>A name for the table and the dataset of a file.</summary>
    public static string ForTable(string file)
    {
        var name = Identifier(file, "dataset");
        return ReservedNames.IsReservedTable(name) || DatasetCatalog.BuiltIn.TryGet(name, out _) ? $"my_{name}" : name;
    }

    /// <summary>A name for the column of a header.</summary>
    /// <param name="header">The header.</param>
    /// <param name="form">The header in the form in which headers are compared.</param>
    public string ForColumn(string header, string form)
    {
        var name = Identifier(header, "column");
        for (var number = 2; !IsFree(name); number++)
        {
            name = $"{Identifier(header, "column")}_{number}";
        }

        _taken.Add(HeaderName.Normalize(name));
        return name;

        bool IsFree(string candidate)
        {
            var candidateForm = HeaderName.Normalize(candidate);
            return !_taken.Contains(candidateForm)
                && (candidateForm == form || !headers.Contains(candidateForm))
                && !ReservedNames.IsOwnColumn(candidate)
                && !ReservedNames.IsSystemColumn(candidate);
        }
    }

    /// <summary>A valid identifier that is similar to a text.</summary>
    private static string Identifier(string text, string prefix)
    {
        var name = new StringBuilder();
        foreach (var character in Decompose(text).ToLowerInvariant())
        {
            if (char.IsAsciiLetterOrDigit(character))
            {
                name.Append(character);
            }
            else if (character == 'ß')
            {
                name.Append("ss");
            }
            else if (char.GetUnicodeCategory(character) != UnicodeCategory.NonSpacingMark && name.Length > 0 && name[^1] != '_')
            {
                name.Append('_');
            }
        }

        if (name.Length == 0 || char.IsAsciiDigit(name[0]))
        {
            name.Insert(0, $"{prefix}_");
        }

        return name.ToString(0, Math.Min(name.Length, MaxLength)).TrimEnd('_');
    }

    private static string Decompose(string text)
    {
        try
        {
            return text.Normalize(NormalizationForm.FormKD);
        }
        catch (ArgumentException)
        {
            // A lone surrogate, or a noncharacter: it becomes an underscore.
            return text;
        }
    }
}
