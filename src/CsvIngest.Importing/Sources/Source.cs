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
    internal string? MemberKey => _member is null ? null : KeyOf(_member);

    /// <summary>The keys of all tables of its archive, its own included; empty for anything but a table of an archive with several.</summary>
    internal IReadOnlyList<string> MemberKeys { get; private init; } = [];

    /// <summary>The name that the names of files about it are made from, without folders.</summary>
    internal string FileName { get; private init; }

    /// <summary>Size and time of the archive when its tables were listed; null for anything but a table of an archive with several.</summary>
    private (long Length, DateTime ModifiedAt)? Listed { get; init; }

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

    /// <summary>The same source under another name.</summary>
    /// <param name="name">The name.</param>
    public Source Named(string name) => new(name, Path, _open, _member);

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

            using var file = UnixFiles.OpenWithoutLock(Path);
            var start = new byte[MagicBytes];
            if (!ZipContents.IsArchive(start.AsSpan(0, file.ReadAtLeast(start, MagicBytes, throwOnEndOfStream: false))))
            {
                return new SourceTables([this], []);
            }

            var contents = ZipSource.List(file);
            return contents.Tables.Count < 2
                ? new SourceTables([this], contents.Others)
                : new SourceTables(Members(contents.Tables, Stamp(file)), contents.Others);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or UnusableFileException)
        {
            return new SourceTables([this], []);
        }
    }

    /// <summary>Opens it.</summary>
    /// <param name="limit">How far compressed data may expand.</param>
    /// <param name="isClaimed">
    /// Whether a file is locked against other producers until the result is disposed; programs that ask for no lock may go on using it.
    /// Without it, no lock keeps the file from being read.
    /// </param>
    /// <param name="cancellationToken">Ends the waiting for a pipe's writer and data, now and later.</param>
    /// <exception cref="FileNotFoundException">The file does not exist.</exception>
    /// <exception cref="FileInUseException">Another producer is importing it.</exception>
    /// <exception cref="FileChangedException">It is an archive that has changed since its tables were listed: these may be others by now.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnusableFileException">It is an archive that cannot be read, or that has no table or several.</exception>
    internal OpenSource Open(ExpansionLimit limit, bool isClaimed, CancellationToken cancellationToken)
    {
        // On a thread that can be abandoned: a pipe opens only when somebody writes to it, and a file system may be stuck.
        var opening = Task.Run(() => Path is null ? _open!() : OpenFile(Path, isClaimed), CancellationToken.None);
        Task.WaitAny([opening], cancellationToken);
        var stream = opening.GetAwaiter().GetResult();
        if (Listed is { } listed && Stamp((FileStream)stream) != listed)
        {
            stream.Dispose();
            throw new FileChangedException("The archive has changed since its tables were listed.");
        }

        return Decompressed(stream, Path is null ? null : (FileStream)stream, limit, cancellationToken);
    }

    /// <summary>Opens a file again, from its start: the same file, still locked, whatever its name leads to by now.</summary>
    /// <param name="open">The file, which must not be read any more. Either of the two may be disposed.</param>
    /// <param name="limit">How far compressed data may expand.</param>
    /// <param name="cancellationToken">As for <see cref="Open"/>.</param>
    internal OpenSource OpenAgain(OpenSource open, ExpansionLimit limit, CancellationToken cancellationToken) =>
        open.Again(file => Decompressed(file, file, limit, cancellationToken));

    /// <summary>The failure of a file that another producer is importing.</summary>
    internal static FileInUseException InUse(string path, Exception? inner = null) =>
        new($"{DisplayText.OneLine(path)} is being imported by another producer; wait for it to finish.", inner);

    private IReadOnlyList<Source> Members(IReadOnlyList<ZipMember> tables, (long Length, DateTime ModifiedAt) listed)
    {
        IReadOnlyList<string> keys = [.. tables.Select(KeyOf)];
        return
        [
            .. tables.Select(table => new Source($"{Name}/{table.DisplayName}", Path, null, table)
            {
                FileName = $"{System.IO.Path.GetFileNameWithoutExtension(Name)}.{table.FileName}",
                MemberKeys = keys,
                Listed = listed,
            }),
        ];
    }

    private static (long Length, DateTime ModifiedAt) Stamp(FileStream file) => (file.Length, File.GetLastWriteTimeUtc(file.SafeFileHandle));

    private static string KeyOf(ZipMember table) => $"{table.Index} {table.FullName}";

    private static FileStream OpenFile(string path, bool isClaimed)
    {
        try
        {
            return Directory.Exists(path) ? throw new FileNotFoundException($"{DisplayText.OneLine(path)} is a folder.")
                : isClaimed ? Claim(path)
                : UnixFiles.OpenWithoutLock(path);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new UnauthorizedAccessException($"{DisplayText.OneLine(path)} cannot be read: permission denied.", e);
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
            throw InUse(path, e);
        }
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
}

/// <summary>The tables in a source.</summary>
/// <param name="Tables">Each as a source of its own; at least one.</param>
/// <param name="Others">The names of the files in the archive that are not tables; empty for anything else.</param>
public sealed record SourceTables(IReadOnlyList<Source> Tables, IReadOnlyList<string> Others)
{
    /// <summary>The names of the first of the others.</summary>
    public string DescribeOthers() => ZipContents.Listed(Others);
}
