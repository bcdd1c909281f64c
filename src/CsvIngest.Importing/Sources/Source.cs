namespace CsvIngest.Importing.Sources;

/// <summary>Something to import: a name, and how to open it.</summary>
public sealed class Source
{
    private readonly Func<Stream>? _open;

    private Source(string name, string? path, Func<Stream>? open) => (Name, Path, _open) = (name, path, open);

    /// <summary>The name in messages, in the books and of the rejects files.</summary>
    public string Name { get; }

    /// <summary>The file's full path; null for a stream.</summary>
    public string? Path { get; }

    private static ReadOnlySpan<byte> GzipMagic => [0x1f, 0x8b];

    /// <summary>A file on disk, or a named pipe. Only the import of a file on disk can be resumed.</summary>
    /// <param name="path">Its full path.</param>
    /// <param name="name">Its name where that is not the path's, such as that of an uploaded file; null for the path's.</param>
    public static Source FromFile(string path, string? name = null) =>
        System.IO.Path.IsPathFullyQualified(path)
            ? new(name ?? System.IO.Path.GetFileName(path), path, null)
            : throw new ArgumentException($"{path} is not a full path.", nameof(path));

    /// <summary>A stream, such as standard input. Its import cannot be resumed.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="open">
    /// Opens it, once; the import disposes it. An <see cref="IOException"/> that it throws ends the import. If the stream cannot seek, a
    /// read that waits for data is abandoned when the import is cancelled.
    /// </param>
    public static Source FromStream(string name, Func<Stream> open) => new(name, null, open);

    /// <summary>
    /// Opens it. A file is locked against a second producer until the result is disposed; other programs may go on using it.
    /// </summary>
    /// <param name="limit">How far gzip data may expand.</param>
    /// <param name="cancellationToken">Ends the waiting for a pipe's writer and data, now and later.</param>
    /// <exception cref="FileNotFoundException">The file does not exist.</exception>
    /// <exception cref="FileInUseException">Another producer is importing it.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    internal OpenSource Open(ExpansionLimit limit, CancellationToken cancellationToken)
    {
        if (Path is null)
        {
            return Decompressed(_open!(), null, limit, cancellationToken);
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
            throw new FileInUseException($"{DisplayText.OneLine(Path)} is being imported by another producer; wait for it to finish.", e);
        }

        return Decompressed(file, file, limit, cancellationToken);
    }

    private static FileStream OpenFile(string path, CancellationToken cancellationToken)
    {
        // On a thread that can be abandoned: a pipe opens only when somebody writes to it.
        // FileShare.None is an advisory lock (flock) on Unix: it holds off another producer and nobody else.
        var opening = Task.Run(
            () => new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.None, bufferSize: 0, FileOptions.SequentialScan),
            CancellationToken.None);
        Task.WaitAny([opening], cancellationToken);
        return opening.GetAwaiter().GetResult();
    }

    private static OpenSource Decompressed(Stream stream, FileStream? file, ExpansionLimit limit, CancellationToken cancellationToken)
    {
        long? size = stream.CanSeek ? stream.Length : null;
        var counting = new CountingStream(stream.CanSeek ? stream : new InterruptibleStream(stream, cancellationToken));
        var start = new byte[2];
        var length = counting.ReadAtLeast(start, 2, throwOnEndOfStream: false);
        var whole = new PrefixedStream(start.AsMemory(0, length), counting);
        if (length < 2 || !start.AsSpan().SequenceEqual(GzipMagic))
        {
            return new OpenSource(whole, counting, size, file, isCompressed: false);
        }

        return new OpenSource(new ExpansionGuard(new GzipSource(whole), counting, limit), counting, size, file, isCompressed: true);
    }

    // The one case that has no exception type of its own in .NET: EAGAIN or EWOULDBLOCK of flock, a sharing violation on Windows.
    private static bool IsSharingViolation(IOException e) =>
        (e.HResult & 0xFFFF) is 11 or 32 or 35 && e is not (FileNotFoundException or DirectoryNotFoundException);
}
