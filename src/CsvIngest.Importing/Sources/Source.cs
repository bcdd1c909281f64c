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

    /// <summary>A file on disk. Its import can be resumed.</summary>
    /// <param name="path">Its full path.</param>
    /// <param name="name">Its name where that is not the path's, such as that of an uploaded file; null for the path's.</param>
    public static Source FromFile(string path, string? name = null) =>
        System.IO.Path.IsPathFullyQualified(path)
            ? new(name ?? System.IO.Path.GetFileName(path), path, null)
            : throw new ArgumentException($"{path} is not a full path.", nameof(path));

    /// <summary>A stream, such as standard input. Its import cannot be resumed.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="open">
    /// Opens it, once; the import disposes it. It may wait, as the opening of a pipe waits for a writer; that is abandoned when the import
    /// is cancelled, and so is a read that waits for data if the stream cannot seek. An <see cref="IOException"/> ends the import.
    /// </param>
    public static Source FromStream(string name, Func<Stream> open) => new(name, null, open);

    /// <summary>A named pipe, a device, or a descriptor of this process such as <c>/dev/fd/63</c>: a stream that has a path.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="name">Its name.</param>
    public static Source FromPipe(string path, string name) => FromStream(name, () => UnixFiles.OpenWithoutLock(path));

    /// <summary>Opens it.</summary>
    /// <param name="limit">How far gzip data may expand.</param>
    /// <param name="isClaimed">
    /// Whether a file is locked against other producers until the result is disposed; programs that ask for no lock may go on using it.
    /// Without it, no lock keeps the file from being read.
    /// </param>
    /// <param name="cancellationToken">Ends the waiting for a pipe's writer and data, now and later.</param>
    /// <exception cref="FileNotFoundException">The file does not exist.</exception>
    /// <exception cref="FileInUseException">Another producer is importing it.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    internal OpenSource Open(ExpansionLimit limit, bool isClaimed, CancellationToken cancellationToken)
    {
        // On a thread that can be abandoned: a pipe opens only when somebody writes to it, and a file system may be stuck.
        var opening = Task.Run(() => Path is null ? _open!() : OpenFile(Path, isClaimed), CancellationToken.None);
        Task.WaitAny([opening], cancellationToken);
        var stream = opening.GetAwaiter().GetResult();
        return Decompressed(stream, Path is null ? null : (FileStream)stream, limit, cancellationToken);
    }

    private static FileStream OpenFile(string path, bool isClaimed)
    {
        try
        {
            return Directory.Exists(path) ? throw new FileNotFoundException($"{path} is a folder.")
                : isClaimed ? Claim(path)
                : UnixFiles.OpenWithoutLock(path);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new UnauthorizedAccessException($"{path} cannot be read: permission denied.", e);
        }
        catch (IOException e) when (e is FileNotFoundException { FileName: not null } or DirectoryNotFoundException)
        {
            throw PathKinds.Missing(path);
        }
    }

    private static FileStream Claim(string path)
    {
        try
        {
            // FileShare.None is an advisory lock (flock) on Unix: it holds off another producer and nobody else.
            var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.None, bufferSize: 0, FileOptions.SequentialScan);
            if (UnixFiles.IsAt(path, file.SafeFileHandle))
            {
                return file;
            }

            // Between the opening and the locking, another producer completed its import and moved the file.
            file.Dispose();
            throw PathKinds.Missing(path);
        }
        catch (IOException e) when (UnixFiles.IsLocked(e))
        {
            throw new FileInUseException($"{path} is being imported by another producer; wait for it to finish.", e);
        }
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
}
