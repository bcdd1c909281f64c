namespace CsvIngest.Importing.Sources;

/// <summary>A source that is open.</summary>
internal sealed class OpenSource : IDisposable
{
    private readonly CountingStream _raw;
    private readonly FileStream? _file;
    private long _fileLength;

    /// <param name="bytes">What to read, decompressed.</param>
    /// <param name="raw">Counts what comes from the source.</param>
    /// <param name="size">The source's size; that of its compressed data if it is a member of an archive; null if it has none.</param>
    /// <param name="file">The file; null for a stream.</param>
    /// <param name="isCompressed">Whether <paramref name="bytes"/> are those of <paramref name="raw"/>, decompressed.</param>
    public OpenSource(Stream bytes, CountingStream raw, long? size, FileStream? file, bool isCompressed)
    {
        (Bytes, _raw, Size, IsCompressed) = (bytes, raw, size, isCompressed);
        // A named pipe is a file without a size.
        _file = size is null ? null : file;
        _fileLength = _file?.Length ?? 0;
        ModifiedAt = _file is null ? default : LastWritten(_file);
    }

    public Stream Bytes { get; }

    /// <summary>Bytes read of the source so far, before decompression.</summary>
    public long BytesRead => _raw.Count;

    /// <summary>The source's size when it was opened, in bytes; null if it has none (standard input, a pipe).</summary>
    public long? Size { get; }

    /// <summary>When the file was last written before it was opened; the earliest possible time for anything but a file.</summary>
    public DateTimeOffset ModifiedAt { get; private set; }

    /// <summary>Whether <see cref="Bytes"/> are decompressed.</summary>
    public bool IsCompressed { get; }

    /// <summary>Whether an interrupted import of it can be resumed: whether it is a file that can be read again from its start.</summary>
    public bool IsResumable => _file is not null;

    /// <summary>Whether the file has another size or time now than when it was opened.</summary>
    public bool HasChanged => _file is not null && (_file.Length != _fileLength || LastWritten(_file) != ModifiedAt);

    /// <summary>Whether a path now leads to a file other than the one that was opened by it. False if it leads nowhere.</summary>
    public bool IsReplaced(string path) => _file is not null && File.Exists(path) && !UnixFiles.IsAt(path, _file.SafeFileHandle);

    /// <summary>
    /// Whether all bytes are read that the file had when it was opened: what comes now may be new, or may have been cut off there. Always
    /// false for compressed data, which cannot be cut off unnoticed.
    /// </summary>
    public bool IsReadToEnd => _file is not null && !IsCompressed && BytesRead >= Size;

    /// <summary>The same file, opened again from its start. It counts as changed if it has changed since it was opened first.</summary>
    /// <param name="open">Opens a stream that can be read again.</param>
    public OpenSource Again(Func<FileStream, OpenSource> open)
    {
        _file!.Position = 0;
        var again = open(_file);
        (again._fileLength, again.ModifiedAt) = (_fileLength, ModifiedAt);
        return again;
    }

    public void Dispose()
    {
        Bytes.Dispose();
        _raw.Dispose();
    }

    private static DateTimeOffset LastWritten(FileStream file) => new(File.GetLastWriteTimeUtc(file.SafeFileHandle));
}
