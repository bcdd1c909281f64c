using System.Globalization;
using CsvIngest.Importing.Sources;

namespace CsvIngest.Importing.Rows;

/// <summary>
/// Names the rejects files of one run of a program, so that no two inputs share them, and no two programs: those that another producer is
/// writing are locked.
/// </summary>
internal sealed class RejectsNames
{
    /// <summary>What is added to a stem at most: a number and an ending.</summary>
    private const int AddedBytes = 24;

    private readonly Dictionary<string, string> _owners = new(StringComparer.Ordinal);

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

    /// <summary>
    /// Takes the first of X, X.2, X.3 … that no other input of this run and no other producer uses. What an earlier run left under these
    /// names is removed, which also shows that files can be written there.
    /// </summary>
    /// <param name="folder">Where the rejects files go; it is created if it does not exist.</param>
    /// <param name="name">The input's name.</param>
    /// <param name="owner">Identifies the input. The same one gets the same name again.</param>
    /// <param name="endings">The endings of the files.</param>
    /// <returns>The path without ending.</returns>
    /// <exception cref="UnwritableFileException">Files cannot be written there.</exception>
    public string Take(string folder, string name, string owner, IReadOnlyList<string> endings)
    {
        for (var number = 1; ; number++)
        {
            var stem = Path.Combine(folder, Numbered(FileNames.Fit(Stem(name), AddedBytes), number));
            if (_owners.GetValueOrDefault(stem, owner) == owner && endings.All(ending => TryClear(stem + ending)))
            {
                _owners[stem] = owner;
                return stem;
            }
        }
    }

    /// <summary>What to report of a rejects file that cannot be written.</summary>
    public static UnwritableFileException Unwritable(string path, Exception failure) =>
        new($"{DisplayText.OneLine(path)} cannot be written. {FailureReason.Of(failure)}", failure, new Remedy(ImportOption.Rejects));

    private static bool TryClear(string path)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None, bufferSize: 0, FileOptions.DeleteOnClose).Dispose();
            return true;
        }
        catch (IOException e) when (UnixFiles.IsLocked(e))
        {
            return false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unwritable(path, e);
        }
    }
}
