using CsvIngest.Importing.Rows;
using CsvIngest.Importing.Sources;

namespace CsvIngest.Importing;

/// <summary>
/// Moves a file into a folder and never replaces another one: if its name is taken, the file gets a number, as in <c>X.2.csv</c>. If it is
/// killed, the file is in its old place or in the new one, and moving it again completes the move.
/// </summary>
internal static class FileMove
{
    /// <summary>Creates a folder that files are to be moved to, and checks that they can be.</summary>
    /// <param name="folder">The folder; null for none.</param>
    /// <param name="option">The option that names it.</param>
    /// <exception cref="UnwritableFileException">They cannot.</exception>
    public static void Prepare(string? folder, ImportOption option)
    {
        if (folder is null)
        {
            return;
        }

        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UnwritableFileException($"The folder {DisplayText.OneLine(folder)} cannot be created. {FailureReason.Of(e)}", e, new Remedy(option));
        }

        CheckWritable(folder, $"Files cannot be moved to {DisplayText.OneLine(folder)}", option);
    }

    /// <summary>Checks that a file can be moved out of its folder.</summary>
    /// <exception cref="UnwritableFileException">It cannot.</exception>
    public static void CheckSource(string path, ImportOption option)
    {
        var folder = Path.GetDirectoryName(path)!;
        CheckWritable(folder, $"Files cannot be moved out of {DisplayText.OneLine(folder)}", option);
    }

    /// <summary>Moves a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="folder">Where it goes. If it is there already, nothing is done.</param>
    /// <param name="prepare">
    /// Called with the new path before the file is moved there; false if the path will not do. Called again with another path then, or if
    /// another file took that path meanwhile.
    /// </param>
    /// <returns>The new path.</returns>
    /// <exception cref="IOException">It cannot be moved.</exception>
    public static string Into(string folder, string path, Func<string, bool> prepare)
    {
        if (UnixFiles.AreSame(Path.GetDirectoryName(path)!, folder))
        {
            return path;
        }

        var name = Path.GetFileName(path);
        for (var number = 1; ; number++)
        {
            var target = Path.Combine(folder, RejectsNames.Numbered(name, number));
            if (Path.Exists(target) && !UnixFiles.AreSame(path, target))
            {
                continue;
            }

            if (prepare(target) && TryMove(path, target))
            {
                return target;
            }
        }
    }

    /// <summary>Moves a file to a path; false if the path is taken.</summary>
    /// <exception cref="IOException">It cannot be moved.</exception>
    public static bool TryMove(string path, string target) => UnixFiles.Rename(path, target) switch
    {
        RenameResult.Done => true,
        RenameResult.NameTaken => false,
        _ => TryCopy(path, target),
    };

    private static bool TryCopy(string path, string target)
    {
        // Hidden and partial: nobody takes it for the file. Ours until it has its name: another producer may be copying a file of that name.
        var copy = Path.Combine(Path.GetDirectoryName(target)!, $".{Path.GetFileName(target)}.part");
        using var destination = PrivateFile.TryClaim(copy);
        if (destination is null)
        {
            return false;
        }

        try
        {
            using (var source = UnixFiles.OpenWithoutLock(path))
            {
                source.CopyTo(destination);
            }

            // Not before every byte is on disk is the file deleted where it was.
            destination.Flush(flushToDisk: true);
            File.SetLastWriteTimeUtc(copy, File.GetLastWriteTimeUtc(path));
            if (UnixFiles.Rename(copy, target) != RenameResult.Done)
            {
                File.Delete(copy);
                return false;
            }
        }
        catch
        {
            WholeFile.DeleteIfThere(copy);
            throw;
        }

        if (!OperatingSystem.IsWindows())
        {
            // Not before: what is left of a copy must be writable to be replaced.
            File.SetUnixFileMode(target, File.GetUnixFileMode(path));
        }

        File.Delete(path);
        return true;
    }

    private static void CheckWritable(string folder, string what, ImportOption option)
    {
        if (!UnixFiles.IsWritableFolder(folder))
        {
            throw new UnwritableFileException($"{what}: the folder is not writable.", null, new Remedy(option));
        }
    }
}
