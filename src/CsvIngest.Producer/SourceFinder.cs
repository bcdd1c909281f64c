using System.IO.Enumeration;
using CsvIngest.Importing.Sources;
using Microsoft.Extensions.Logging;

namespace CsvIngest.Producer;

/// <summary>Finds the sources that <c>--file</c> and <c>--watch</c> name: files, folders, patterns, <c>-</c>.</summary>
internal sealed class SourceFinder(ILogger logger)
{
    // What earlier runs wrote beside the files, hidden files, and files that are still being uploaded or downloaded.
    private static readonly string[] PassedOver =
        ["*.rejected.csv", "*.errors.csv", ".*", "*.part", "*.partial", "*.tmp", "*.filepart", "*.crdownload"];

    // What is imported of a folder, plain or compressed: it may contain other things.
    private static readonly string[] TableExtensions = [".csv", ".tsv", ".tab", ".psv", ".txt", ".zip"];

    // What standard input is called in the file system. Opening it there would open a file a second time, and does not work for a socket.
    private static readonly string[] StandardInput = ["-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"];

    private readonly HashSet<string> _reported = new(StringComparer.Ordinal);

    /// <summary>Whether a folder or pattern without files is nothing to import, and no error. Defaults to false.</summary>
    public bool AllowEmpty { get; init; }

    /// <summary>
    /// The sources, each once, in the order of the names; those of a folder or pattern by name. A folder or pattern without files is a
    /// source that cannot be opened.
    /// </summary>
    public IReadOnlyList<Source> Find(IEnumerable<string> names) =>
        [.. names.SelectMany(Expand).DistinctBy(found => found.Key).Select(found => found.Source)];

    /// <summary>The names of files that do not exist. A folder or pattern without files is not among them.</summary>
    public static IReadOnlyList<string> Missing(IEnumerable<string> names) =>
        [.. names.Where(name => !IsPattern(name) && !IsStandardInput(name) && PathKinds.Of(name) == PathKind.Missing)];

    /// <summary>Whether a name stands for a single source: not for the files of a folder or pattern.</summary>
    public static bool IsSingle(string name) => IsStandardInput(name) || PathKinds.Of(name) switch
    {
        PathKind.Folder => false,
        PathKind.Missing => !IsPattern(name),
        _ => true,
    };

    /// <summary>The full paths of the files in a folder, or of those that match a pattern, by name.</summary>
    /// <param name="name">The folder or pattern.</param>
    /// <exception cref="IOException">The folder does not exist, or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be read: permission denied.</exception>
    public IReadOnlyList<string> FilesOf(string name)
    {
        var (folder, pattern) = Split(name);
        try
        {
            return [.. Directory.EnumerateFiles(folder, pattern ?? "*")
                .Where(file => IsWanted(Path.GetFileName(file), pattern))
                .Where(IsFile)
                .Select(Path.GetFullPath)
                .Order(StringComparer.Ordinal)];
        }
        catch (UnauthorizedAccessException e)
        {
            throw new UnauthorizedAccessException($"The folder {folder} cannot be read: permission denied.", e);
        }
        catch (DirectoryNotFoundException e)
        {
            throw new DirectoryNotFoundException($"There is no folder {folder}.", e);
        }
    }

    /// <summary>The folder that a name is about, and the pattern of the files in it; null for a folder as a whole.</summary>
    public static (string Folder, string? Pattern) Split(string name)
    {
        if (Directory.Exists(name) || !IsPattern(name))
        {
            return (name, null);
        }

        var folder = Path.GetDirectoryName(name);
        return (string.IsNullOrEmpty(folder) ? "." : folder, Path.GetFileName(name));
    }

    private IEnumerable<(string Key, Source Source)> Expand(string name)
    {
        var path = Path.GetFullPath(name);
        if (IsStandardInput(name))
        {
            return [("-", Source.FromStream("stdin", Console.OpenStandardInput))];
        }

        if (IsDescriptor(path))
        {
            return [(path, Source.FromPipe(path, "fd" + Path.GetFileName(path)))];
        }

        return PathKinds.Of(name) switch
        {
            PathKind.Folder => InFolder(name),
            PathKind.Stream => [(path, Source.FromPipe(path, Path.GetFileName(path)))],
            // A file whose name contains a star is that file.
            PathKind.Missing when IsPattern(name) => InFolder(name),
            _ => [(path, Source.FromFile(path))],
        };
    }

    private List<(string Key, Source Source)> InFolder(string name)
    {
        try
        {
            var found = FilesOf(name).Select(path => (Key: path, Source.FromFile(path))).ToList();
            return found.Count > 0 || AllowEmpty ? found : [Unreadable(name, new FileNotFoundException($"There is no file to import in {DisplayText.OneLine(name)}."))];
        }
        catch (DirectoryNotFoundException)
        {
            return [Unreadable(name, new FileNotFoundException($"There is no file to import in {DisplayText.OneLine(name)}."))];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [Unreadable(name, e)];
        }
    }

    private static (string Key, Source Source) Unreadable(string name, Exception failure)
    {
        var path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(name));
        return (path, Source.FromStream(Path.GetFileName(path), () => throw failure));
    }

    private bool IsFile(string path)
    {
        if (PathKinds.Of(path) != PathKind.Stream)
        {
            return true;
        }

        // It might wait for ever for somebody who writes to it. A folder that is watched is listed again and again.
        if (_reported.Add(path))
        {
            logger.PassedOver(path);
        }

        return false;
    }

    // /dev/fd/63 is what a shell passes for <(command). Nothing can be written beside it.
    private static bool IsDescriptor(string path) =>
        path.StartsWith("/dev/fd/", StringComparison.Ordinal) || path.StartsWith("/proc/", StringComparison.Ordinal);

    private static bool IsStandardInput(string name) =>
        StandardInput.Contains(name == "-" ? name : Path.GetFullPath(name), StringComparer.Ordinal);

    private static bool IsPattern(string name) => name.AsSpan().IndexOfAny('*', '?') >= 0;

    // With a pattern, the user chooses the extensions.
    private static bool IsWanted(string file, string? pattern) =>
        !Array.Exists(PassedOver, other => FileSystemName.MatchesSimpleExpression(other, file)) && (pattern is not null || IsTable(file));

    private static bool IsTable(string file)
    {
        var plain = file.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? file[..^3] : file;
        return TableExtensions.Contains(Path.GetExtension(plain), StringComparer.OrdinalIgnoreCase);
    }
}
