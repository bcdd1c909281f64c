using CsvIngest.Importing.Sources;

namespace CsvIngest.Producer;

/// <summary>Finds the sources that <c>--file</c> names: files, folders, patterns, <c>-</c>.</summary>
internal static class SourceFinder
{
    private static readonly string[] OwnFiles = ["*.rejected.csv", "*.errors.csv", ".*"];

    // What is imported of a folder, plain or compressed: it may contain other things, and pipes that nobody writes to.
    private static readonly string[] TableExtensions = [".csv", ".tsv", ".tab", ".psv", ".txt", ".zip"];

    /// <summary>
    /// The sources, each once, in the order of the names; those of a folder or pattern by name. A folder or pattern without files is a
    /// source that cannot be opened.
    /// </summary>
    public static IReadOnlyList<Source> Find(IEnumerable<string> names) =>
        [.. names.SelectMany(Expand).DistinctBy(found => found.Key).Select(found => found.Source)];

    private static IEnumerable<(string Key, Source Source)> Expand(string name)
    {
        if (name == "-")
        {
            return [("-", Source.FromStream("stdin", Console.OpenStandardInput))];
        }

        if (Directory.Exists(name))
        {
            return Matching(name, "*", name, IsTable);
        }

        // A file whose name contains a star is that file.
        if (File.Exists(name) || name.AsSpan().IndexOfAny('*', '?') < 0)
        {
            return [FromFile(name)];
        }

        var folder = Path.GetDirectoryName(name);
        return Matching(string.IsNullOrEmpty(folder) ? "." : folder, Path.GetFileName(name), name, _ => true);
    }

    private static List<(string Key, Source Source)> Matching(string folder, string pattern, string name, Func<string, bool> isWanted)
    {
        var found = Directory.Exists(folder)
            ? Directory.EnumerateFiles(folder, pattern)
                .Where(file => !IsOwn(Path.GetFileName(file)) && isWanted(file))
                .Order(StringComparer.Ordinal)
                .Select(FromFile)
                .ToList()
            : [];
        return found.Count > 0 ? found : [Empty(name)];
    }

    private static (string Key, Source Source) FromFile(string name)
    {
        var path = Path.GetFullPath(name);
        return (path, Source.FromFile(path));
    }

    private static (string Key, Source Source) Empty(string name)
    {
        var path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(name));
        return (path, Source.FromStream(
            Path.GetFileName(path), () => throw new FileNotFoundException($"There is no file to import in {DisplayText.OneLine(name)}.")));
    }

    private static bool IsTable(string file)
    {
        var plain = file.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? file[..^3] : file;
        return TableExtensions.Contains(Path.GetExtension(plain), StringComparer.OrdinalIgnoreCase);
    }

    // What earlier runs wrote beside the files, and hidden files, are imported only if they are named.
    private static bool IsOwn(string name) =>
        Array.Exists(OwnFiles, pattern => System.IO.Enumeration.FileSystemName.MatchesSimpleExpression(pattern, name));
}
