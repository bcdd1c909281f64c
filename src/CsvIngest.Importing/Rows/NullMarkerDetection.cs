using CsvIngest.Datasets;

namespace CsvIngest.Importing.Rows;

/// <summary>Looks for texts that databases, spreadsheets and programs write where there is no value.</summary>
internal static class NullMarkerDetection
{
    /// <summary>
    /// A column is suspect if one in ten of its values is a marker. A guess: such a text can be a value of its own, but hardly so often.
    /// </summary>
    private const double SuspectShare = 0.1;

    /// <summary>More would make the warning unreadable. A guess.</summary>
    private const int MaxColumns = 5;

    private static readonly HashSet<string> Known = new(StringComparer.OrdinalIgnoreCase)
    {
        "NULL", "(null)", "<null>", "[null]", "\\N", "nil", "none", "undefined", "NaN", "N/A", "NA", "n.a.", "#N/A", "-", "--", "#REF!", "#VALUE!",
        "#NAME?", "#DIV/0!", "#NULL!", "#NUM!",
    };

    /// <summary>A warning that names the markers in the first rows of a file; null if no column is suspect.</summary>
    /// <param name="head">The start of the file.</param>
    /// <param name="specified">The markers that the import knows already.</param>
    public static ImportWarning? Find(FileHead head, IReadOnlyList<string> specified)
    {
        var suspects = new List<string>();
        var markers = new List<string>();
        for (var column = 0; column < head.Headers.Count; column++)
        {
            string[] values = [.. head.Rows.Select(row => row[column].Trim()).Where(value => value.Length > 0 && !specified.Contains(value))];
            string[] found = [.. values.Where(IsMarker)];
            if (found.Length > 0 && found.Length >= SuspectShare * values.Length)
            {
                suspects.Add($"column {column + 1}: {string.Join(", ", found.Distinct())}");
                markers.AddRange(found);
            }
        }

        if (suspects.Count == 0)
        {
            return null;
        }

        var more = suspects.Count > MaxColumns ? $"; and {suspects.Count - MaxColumns} more columns" : "";
        return new ImportWarning(
            $"Some values look like markers for missing values ({string.Join("; ", suspects.Take(MaxColumns))}{more}); they are imported as text.",
            [.. markers.Distinct().Select(marker => new Remedy(ImportOption.Null, marker))]);
    }

    /// <summary>Whether a value is a marker, or the same marker more than once, as a program writes a name of two missing parts.</summary>
    private static bool IsMarker(string value) => Known.Contains(value) || (value.Split(' ') is { Length: > 1 } parts
        && Known.Contains(parts[0]) && parts.All(part => part == parts[0]));
}
