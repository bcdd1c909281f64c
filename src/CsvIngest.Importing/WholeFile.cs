using CsvIngest.Importing.Sources;

namespace CsvIngest.Importing;

/// <summary>Writes small files as a whole or not at all.</summary>
internal static class WholeFile
{
    /// <summary>Replaces a file; on return it is on disk. Its folder is created if it does not exist.</summary>
    /// <param name="path">The file.</param>
    /// <param name="write">Writes its content.</param>
    /// <exception cref="IOException">It cannot be written; what was there before is unchanged.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var next = path + ".next";
        var file = new FileStream(next, FileMode.Create, FileAccess.Write, FileShare.None);
        try
        {
            using (file)
            {
                write(file);
                file.Flush(flushToDisk: true);
            }

            File.Move(next, path, overwrite: true);
            UnixFiles.FlushFolder(Path.GetDirectoryName(path)!);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            DeleteIfThere(next);
            throw;
        }
    }

    /// <summary>Deletes a file. <see cref="File.Delete"/> fails if the folder does not exist.</summary>
    public static void DeleteIfThere(string file)
    {
        if (File.Exists(file))
        {
            File.Delete(file);
        }
    }
}
