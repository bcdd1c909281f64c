using CsvIngest.Testing;

namespace CsvIngest.Tests.Docs;

/// <summary>The documents of the repository.</summary>
internal static class Documents
{
    /// <summary>Paths relative to the root: the documents in the root folder, and everything in docs/.</summary>
    public static IReadOnlyList<string> All { get; } =
        [.. Directory.EnumerateFiles(Repository.Root, "*.md").Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal),
         .. Repository.FilesUnder("docs", "*.md")];

    /// <summary>Reads all documents.</summary>
    public static IEnumerable<Markdown> Read() => All.Select(Markdown.Read);
}
