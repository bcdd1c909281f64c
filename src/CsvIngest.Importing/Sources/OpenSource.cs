namespace CsvIngest.Importing.Sources;

/// <summary>An input that is open.</summary>
/// <param name="bytes">What to read, decompressed.</param>
/// <param name="raw">Counts what came from the file or pipe.</param>
/// <param name="file">The file; null for standard input.</param>
/// <param name="isCompressed">Whether <paramref name="bytes"/> are those of <paramref name="raw"/>, decompressed.</param>
internal sealed class OpenSource(Stream bytes, CountingStream raw, FileStream? file, bool isCompressed) : IDisposable
{
    public Stream Bytes => bytes;

    /// <summary>Bytes read so far, as they stand in the file, compressed or not.</summary>
    public long BytesRead => raw.Count;

    /// <summary>The file's size when it was opened, in bytes; null where it has none (standard input, a pipe).</summary>
    public long? Size { get; } = file is { CanSeek: true } ? file.Length : null;

    /// <summary>When the file was last written before it was opened; the beginning of time for what is no file.</summary>
    public DateTimeOffset ModifiedAt { get; } = file is null ? default : LastWritten(file);

    /// <summary>Whether an interrupted import of it can be resumed: a file that can be read again from its start.</summary>
    public bool IsResumable => Size is not null;

    /// <summary>Whether the file has another size or time now than when it was opened.</summary>
    public bool HasChanged => file is { CanSeek: true } && (file.Length != Size || LastWritten(file) != ModifiedAt);

    /// <summary>
    /// Whether all bytes are read that the file had when it was opened: what comes out now may be new, or have been cut there. Never
    /// so with gzip, whose data cannot be cut unnoticed.
    /// </summary>
    public bool IsReadToEnd => !isCompressed && BytesRead >= Size;

    public void Dispose()
    {
        bytes.Dispose();
        raw.Dispose();
    }

    private static DateTimeOffset LastWritten(FileStream file) => new(File.GetLastWriteTimeUtc(file.SafeFileHandle));
}
