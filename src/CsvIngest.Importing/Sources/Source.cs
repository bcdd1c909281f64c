namespace CsvIngest.Importing.Sources;

/// <summary>One input: a file, or standard input.</summary>
/// <param name="Path">The file's full path; null for standard input.</param>
/// <param name="EmptyPattern">The folder or pattern that it stands for, and in which there is no file; else null.</param>
internal sealed record Source(string? Path, string? EmptyPattern = null)
{
    private static ReadOnlySpan<byte> GzipMagic => [0x1f, 0x8b];

    /// <summary>What people, messages and the books call it.</summary>
    public string Name => Path is null ? "stdin" : System.IO.Path.GetFileName(Path);

    /// <summary>
    /// Opens it. The file is locked against a second producer until the stream is disposed; other programs may go on using it.
    /// </summary>
    /// <param name="limit">How far gzip data may expand.</param>
    /// <param name="cancellationToken">Ends the waiting for a pipe's writer and data, now and later.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="FileInUseException">Another producer has it.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public OpenSource Open(ExpansionLimit limit, CancellationToken cancellationToken)
    {
        if (Path is null)
        {
            return Decompressed(new InterruptibleStream(Console.OpenStandardInput(), cancellationToken), null, limit);
        }

        if (EmptyPattern is not null)
        {
            throw new FileNotFoundException($"There is no file to import in {EmptyPattern}.");
        }

        if (!File.Exists(Path))
        {
            throw new FileNotFoundException(Directory.Exists(Path) ? $"{Path} is a folder." : $"There is no file {Path}.");
        }

        FileStream file;
        try
        {
            file = OpenFile(Path, cancellationToken);
        }
        catch (IOException e) when (IsSharingViolation(e))
        {
            throw new FileInUseException($"{Path} is being imported by another producer; wait for it to finish.", e);
        }

        return Decompressed(file.CanSeek ? file : new InterruptibleStream(file, cancellationToken), file, limit);
    }

    private static FileStream OpenFile(string path, CancellationToken cancellationToken)
    {
        // On a thread that can be left behind: a pipe opens only when somebody writes to it.
        // FileShare.None is an advisory lock (flock) on Unix: it holds off another producer and nobody else.
        var opening = Task.Run(
            () => new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.None, bufferSize: 0, FileOptions.SequentialScan),
            CancellationToken.None);
        Task.WaitAny([opening], cancellationToken);
        return opening.GetAwaiter().GetResult();
    }

    private static OpenSource Decompressed(Stream raw, FileStream? file, ExpansionLimit limit)
    {
        var counting = new CountingStream(raw);
        var start = new byte[2];
        var length = counting.ReadAtLeast(start, 2, throwOnEndOfStream: false);
        var whole = new PrefixedStream(start.AsMemory(0, length), counting);
        if (length < 2 || !start.AsSpan().SequenceEqual(GzipMagic))
        {
            return new OpenSource(whole, counting, file, isCompressed: false);
        }

        return new OpenSource(new ExpansionGuard(new GzipSource(whole), counting, limit), counting, file, isCompressed: true);
    }

    // The one case for which .NET gives no type of its own: EAGAIN/EWOULDBLOCK of flock, a sharing violation on Windows.
    private static bool IsSharingViolation(IOException e) =>
        (e.HResult & 0xFFFF) is 11 or 32 or 35 && e is not (FileNotFoundException or DirectoryNotFoundException);
}

/// <summary>Another producer has the file. Exit code 75.</summary>
internal sealed class FileInUseException(string message, Exception inner) : Exception(message, inner);
