namespace CsvIngest.Importing.Sources;

/// <summary>Something to import: a name, and how to open it.</summary>
public sealed class Source
{
    /// <summary>How many bytes tell how a file is compressed.</summary>
    private const int MagicBytes = 4;

    private readonly Func<Stream>? _open;
    private readonly ZipMember? _member;

    // By default, compressed data that is cut short reads as if it ended there. The framework reads the switch once, when it first
    // decompresses.
    static Source() => AppContext.SetSwitch("System.IO.Compression.UseStrictValidation", true);

    private Source(string name, string? path, Func<Stream>? open, ZipMember? member = null) =>
        (Name, FileName, Path, _open, _member) = (name, name, path, open, member);

    /// <summary>
    /// The name in messages, in the books and of the rejects files; that of a table in an archive is <c>archive.zip/table.csv</c>.
    /// </summary>
    public string Name { get; }

    /// <summary>The file's full path; that of the archive for a table in one; null for a stream.</summary>
    public string? Path { get; }

    /// <summary>What tells a table in an archive from the others; null for anything else.</summary>
    internal string? MemberKey => _member is null ? null : $"{_member.Index} {_member.FullName}";

    /// <summary>The name that the names of files about it are made from, without folders.</summary>
    internal string FileName { get; private init; }

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
    /// Finds the tables in it: if it is a ZIP archive on disk with several, each of them; otherwise itself. An archive that cannot be
    /// read is not examined further: its import fails with the reason.
    /// </summary>
    public SourceTables FindTables()
    {
        try
        {
            // A pipe has no length, and opening it would wait for somebody to write to it.
            if (Path is null || _member is not null || new FileInfo(Path) is not { Exists: true, Length: > 0 })
            {
                return new SourceTables([this], []);
            }

            using var file = new FileStream(Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var start = new byte[MagicBytes];
            if (!ZipContents.IsArchive(start.AsSpan(0, file.ReadAtLeast(start, MagicBytes, throwOnEndOfStream: false))))
            {
                return new SourceTables([this], []);
            }

            var contents = ZipSource.List(file);
            return contents.Tables.Count < 2
                ? new SourceTables([this], contents.Others)
                : new SourceTables([.. contents.Tables.Select(Member)], contents.Others);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or UnusableFileException)
        {
            return new SourceTables([this], []);
        }
    }

    /// <summary>
    /// Opens it. A file is locked against a second producer until the result is disposed; other programs may go on using it.
    /// </summary>
    /// <param name="limit">How far compressed data may expand.</param>
    /// <param name="cancellationToken">Ends the waiting for a pipe's writer and data, now and later.</param>
    /// <exception cref="FileNotFoundException">The file does not exist.</exception>
    /// <exception cref="FileInUseException">Another producer is importing it.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnusableFileException">It is an archive that cannot be read, or that has no table or several.</exception>
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

    private Source Member(ZipMember table) => new($"{Name}/{table.DisplayName}", Path, null, table)
    {
        FileName = $"{System.IO.Path.GetFileNameWithoutExtension(Name)}.{table.FileName}",
    };

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

    private OpenSource Decompressed(Stream stream, FileStream? file, ExpansionLimit limit, CancellationToken cancellationToken)
    {
        long? size = stream.CanSeek ? stream.Length : null;
        var counting = new CountingStream(stream.CanSeek ? stream : new InterruptibleStream(stream, cancellationToken));
        try
        {
            var (bytes, start) = Peek(counting);
            var isCompressed = false;
            if (counting.CanSeek && ZipContents.IsArchive(start))
            {
                var zip = new ZipSource(counting, _member);
                (size, isCompressed) = (zip.CompressedBytes, true);
                counting.Restart();
                (bytes, start) = Peek(zip);
            }

            if (start.AsSpan().StartsWith(GzipMagic))
            {
                (bytes, isCompressed) = (new GzipSource(bytes), true);
            }

            return new OpenSource(isCompressed ? new ExpansionGuard(bytes, counting, limit) : bytes, counting, size, file, isCompressed);
        }
        catch
        {
            counting.Dispose();
            throw;
        }
    }

    /// <summary>The first bytes of a stream, and a stream that still has them.</summary>
    private static (Stream Stream, byte[] Start) Peek(Stream stream)
    {
        var start = new byte[MagicBytes];
        var length = stream.ReadAtLeast(start, MagicBytes, throwOnEndOfStream: false);
        return (new PrefixedStream(start.AsMemory(0, length), stream), start[..length]);
    }

    // The one case that has no exception type of its own in .NET: EAGAIN or EWOULDBLOCK of flock, a sharing violation on Windows.
    private static bool IsSharingViolation(IOException e) =>
        (e.HResult & 0xFFFF) is 11 or 32 or 35 && e is not (FileNotFoundException or DirectoryNotFoundException);
}

/// <summary>The tables in a source.</summary>
/// <param name="Tables">Each as a source of its own; at least one.</param>
/// <param name="Others">The names of the files in the archive that are not tables; empty for anything else.</param>
public sealed record SourceTables(IReadOnlyList<Source> Tables, IReadOnlyList<string> Others)
{
    /// <summary>The names of the first of the others.</summary>
    public string DescribeOthers() => ZipContents.Listed(Others);
}
