using System.Globalization;

namespace CsvIngest.Importing.Rows;

/// <summary>The names of rejects files.</summary>
internal static class RejectsNames
{
    /// <summary>
    /// What is added to a stem at most: a number, and either a dot and <c>.rejected.csv.part</c> or <c>.rejects.json.next</c>.
    /// </summary>
    private const int AddedBytes = 32;

    /// <summary>A file's name without the ending of its format: X for <c>X.csv</c>, <c>X.csv.gz</c> and <c>X.zip</c>.</summary>
    public static string Stem(string name)
    {
        var extension = Path.GetExtension(name).ToLowerInvariant();
        var plain = extension is ".gz" or ".zip" ? name[..^extension.Length] : name;
        return Path.GetFileNameWithoutExtension(plain) is { Length: > 0 } stem ? stem : plain;
    }

    /// <summary>A file's name with a number: <c>X.2.csv</c>; without one if that is 1.</summary>
    public static string Numbered(string name, int number)
    {
        var stem = Stem(name);
        return number == 1 ? name : string.Create(CultureInfo.InvariantCulture, $"{stem}.{number}{name[stem.Length..]}");
    }

    /// <summary>The place of the rejects files of an input in a folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="name">The input's name.</param>
    /// <param name="number">1 for <c>X.rejected.csv</c>, 2 for <c>X.2.rejected.csv</c>, and so on.</param>
    public static RejectsPlace PlaceOf(string folder, string name, int number) =>
        new(folder, Numbered(FileNames.Fit(Stem(name), AddedBytes), number));
}
