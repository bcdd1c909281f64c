using System.Xml.Linq;

namespace CsvIngest.Testing;

/// <summary>Where the tests find the repository that they were built from.</summary>
public static class Repository
{
    /// <summary>The folder of CsvIngest.sln.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The version of the programs.</summary>
    public static string Version { get; } = XDocument.Load(PathOf("Directory.Build.props")).Descendants("Version").Single().Value;

    /// <summary>The full path of something in the repository.</summary>
    /// <param name="parts">Such as <c>"samples", "contacts.csv"</c>.</param>
    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    /// <summary>
    /// The files under a folder of the repository, as paths relative to the root with <c>/</c>, ordered; built ones left out.
    /// Empty where there is no such folder.
    /// </summary>
    public static IReadOnlyList<string> FilesUnder(string folder, string pattern)
    {
        var path = PathOf(folder);
        return !Directory.Exists(path)
            ? []
            : [.. Directory.EnumerateFiles(path, pattern, SearchOption.AllDirectories)
                .Select(file => Path.GetRelativePath(Root, file).Replace('\\', '/'))
                .Where(file => !file.Split('/').Any(part => part is "bin" or "obj" or "artifacts"))
                .Order(StringComparer.Ordinal)];
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "CsvIngest.sln")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException($"No folder above {AppContext.BaseDirectory} holds CsvIngest.sln.");
    }
}
