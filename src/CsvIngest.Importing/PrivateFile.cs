namespace CsvIngest.Importing;

/// <summary>Creates files that only their owner can read, since they contain other people's data.</summary>
internal static class PrivateFile
{
    /// <summary>Creates a file for writing.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="mode"><see cref="FileMode.Create"/> or <see cref="FileMode.CreateNew"/>: what happens to a file that is there.</param>
    /// <param name="share">Whether other producers may open it meanwhile.</param>
    public static FileStream Create(string path, FileMode mode, FileShare share = FileShare.Read)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.Write, Share = share, BufferSize = 64 * 1024 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return new FileStream(path, options);
    }
}
