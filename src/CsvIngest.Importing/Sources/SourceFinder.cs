namespace CsvIngest.Importing.Sources;

/// <summary>Finds the inputs that <c>--file</c> names: files, folders, patterns, <c>-</c>.</summary>
internal static class SourceFinder
{
    private static readonly string[] OwnFiles = ["*.rejected.csv", "*.errors.csv", ".*"];

    // What is taken of a folder, plain or compressed: it may hold other things, and pipes that nobody writes to.
    private static readonly string[] TableExtensions = [".csv", ".tsv", ".tab", ".psv", ".txt"];

    /// <summary>
    /// The inputs, each once, in the order given; those of a folder or pattern by name. What stands for no file is an input that
    /// cannot be opened.
    /// </summary>
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
            return Matching(name, "*", name, IsTable);
        }

        // A file whose name holds a star is that file.
        if (File.Exists(name) || name.AsSpan().IndexOfAny('*', '?') < 0)
        {
            return [new Source(Path.GetFullPath(name))];
        }

        var folder = Path.GetDirectoryName(name);
        return Matching(string.IsNullOrEmpty(folder) ? "." : folder, Path.GetFileName(name), name, _ => true);
    }

    private static List<Source> Matching(string folder, string pattern, string asked, Func<string, bool> isWanted)
    {
        var found = Directory.Exists(folder)
            ? Directory.EnumerateFiles(folder, pattern)
                .Where(file => !IsOwn(Path.GetFileName(file)) && isWanted(file))
                .Order(StringComparer.Ordinal)
                .Select(file => new Source(Path.GetFullPath(file)))
                .ToList()
            : [];
        return found.Count > 0 ? found : [new Source(Path.TrimEndingDirectorySeparator(Path.GetFullPath(asked)), EmptyPattern: asked)];
    }

    private static bool IsTable(string file)
    {
        var plain = file.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? file[..^3] : file;
        return TableExtensions.Contains(Path.GetExtension(plain), StringComparer.OrdinalIgnoreCase);
    }

    // What earlier runs wrote beside the files, and hidden files, are taken only when they are named.
    private static bool IsOwn(string name) =>
        Array.Exists(OwnFiles, pattern => System.IO.Enumeration.FileSystemName.MatchesSimpleExpression(pattern, name));
}
