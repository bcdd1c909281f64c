namespace CsvIngest.Producer.Sources;

/// <summary>Finds the inputs that <c>--file</c> names: files, folders, patterns, <c>-</c>.</summary>
internal static class SourceFinder
{
    private static readonly string[] OwnFiles = ["*.rejected.csv", "*.errors.csv", ".*"];

    /// <summary>The inputs, each once, in the order given; those of a folder or pattern by name.</summary>
    /// <exception cref="FileNotFoundException">One of the names stands for no file.</exception>
    public static IReadOnlyList<Source> Find(IEnumerable<string> names) =>
        [.. names.SelectMany(Expand).DistinctBy(source => source.Path)];

    private static IEnumerable<Source> Expand(string name)
    {
        if (name == "-")
        {
            return [new Source(null)];
        }

        if (Directory.Exists(name))
        {
            return Matching(name, "*", name);
        }

        // A file whose name holds a star is that file.
        if (File.Exists(name) || name.AsSpan().IndexOfAny('*', '?') < 0)
        {
            return [new Source(Path.GetFullPath(name))];
        }

        var folder = Path.GetDirectoryName(name);
        return Matching(string.IsNullOrEmpty(folder) ? "." : folder, Path.GetFileName(name), name);
    }

    private static List<Source> Matching(string folder, string pattern, string asked)
    {
        var found = Directory.Exists(folder)
            ? Directory.EnumerateFiles(folder, pattern)
                .Where(file => !IsOwn(Path.GetFileName(file)))
                .Order(StringComparer.Ordinal)
                .Select(file => new Source(Path.GetFullPath(file)))
                .ToList()
            : [];
        return found.Count > 0 ? found : throw new FileNotFoundException($"No file matches {asked}.");
    }

    // What earlier runs wrote beside the files, and hidden files, are taken only when they are named.
    private static bool IsOwn(string name) =>
        Array.Exists(OwnFiles, pattern => System.IO.Enumeration.FileSystemName.MatchesSimpleExpression(pattern, name));
}
