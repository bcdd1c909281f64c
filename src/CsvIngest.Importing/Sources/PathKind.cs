namespace CsvIngest.Importing.Sources;

/// <summary>What a path leads to.</summary>
public enum PathKind
{
    /// <summary>Nothing has this name.</summary>
    Missing,

    /// <summary>It cannot be determined, for example in a folder that may not be searched.</summary>
    Unknown,

    /// <summary>A file on disk.</summary>
    File,

    /// <summary>A folder.</summary>
    Folder,

    /// <summary>A named pipe, a socket or a device: reading it may wait for somebody, and it cannot be read twice.</summary>
    Stream,
}

/// <summary>What front ends need to know of paths, and .NET does not tell.</summary>
public static class PathKinds
{
    /// <summary>
    /// U+FFFD. .NET decodes the names of files as UTF-8 and puts this in place of every byte that is not: a file of such a name cannot be
    /// opened by the name that .NET has for it.
    /// </summary>
    private const char Replacement = '\uFFFD';

    /// <summary>What a path leads to, symbolic links followed.</summary>
    public static PathKind Of(string path) => UnixFiles.KindOf(path);

    /// <summary>Whether two paths lead to the same file or folder.</summary>
    public static bool AreSame(string one, string other) => UnixFiles.AreSame(one, other);

    /// <summary>What to tell people about a path at which nothing can be opened.</summary>
    /// <returns>A <see cref="FileNotFoundException"/>, or an <see cref="IOException"/> if the file may exist but cannot be named.</returns>
    internal static IOException Missing(string path) => path.Contains(Replacement)
        ? new IOException($"The file name \"{path}\" is not valid UTF-8, so the file cannot be opened. Rename it.")
        : new FileNotFoundException($"There is no file {path}.");
}
