using CsvIngest.Importing.Sources;

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

    /// <summary>
    /// Creates a file that belongs to this program until it is closed: no other producer writes to it, or takes its name. What a producer
    /// left there that was killed is replaced.
    /// </summary>
    /// <returns>Null if another producer is using the name.</returns>
    /// <exception cref="IOException">It cannot be created.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be created.</exception>
    public static FileStream? TryClaim(string path)
    {
        // Windows moves an open file, and reads it again, only if whoever opened it shares that; no other program can open it for writing.
        var alone = OperatingSystem.IsWindows() ? FileShare.Read | FileShare.Delete : FileShare.None;
        FileStream file;
        try
        {
            RemoveAbandoned(path);
            file = Create(path, FileMode.CreateNew, alone);
        }
        catch (IOException e) when (UnixFiles.IsLocked(e) || UnixFiles.IsNameTaken(e))
        {
            // The other producer may have finished since: whether the file is there now says nothing.
            return null;
        }

        if (UnixFiles.IsAt(path, file.SafeFileHandle))
        {
            return file;
        }

        // Between the creating and the locking, another producer took it for abandoned.
        file.Dispose();
        return null;
    }

    /// <summary>Removes what a producer left that was killed.</summary>
    private static void RemoveAbandoned(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.None);
            // Otherwise it got its name between the opening and the locking.
            if (UnixFiles.IsAt(path, file.SafeFileHandle))
            {
                File.Delete(path);
            }
        }
        catch (Exception e) when (e is FileNotFoundException or UnauthorizedAccessException)
        {
            // There is nothing to remove, or it is not ours.
        }
    }
}
