using System.Buffers.Binary;
using System.IO.Compression;

namespace CsvIngest.Importing.Sources;

/// <summary>The decompressed data of one member of a ZIP archive.</summary>
internal sealed class ZipSource : ForwardStream
{
    /// <summary>The size of the record at the end of an archive, without the comment that may follow.</summary>
    private const int EndBytes = 22;

    /// <summary>The size of what precedes that record if the directory has the form of Zip64.</summary>
    private const int Zip64LocatorBytes = 20;

    private readonly ZipArchive _archive;
    private readonly Stream _data;

    /// <param name="file">The archive; it can seek, and stays open.</param>
    /// <param name="member">The member; null for the only table.</param>
    /// <exception cref="UnusableFileException">The archive or the member cannot be read.</exception>
    public ZipSource(Stream file, ZipMember? member)
    {
        _archive = Open(file);
        try
        {
            (_data, CompressedBytes) = Checked(() => (member ?? ZipContents.Of(_archive).Single()).Open(_archive));
        }
        catch
        {
            _archive.Dispose();
            throw;
        }
    }

    /// <summary>The size of the member in the archive.</summary>
    public long CompressedBytes { get; }

    /// <summary>Lists an archive.</summary>
    /// <param name="file">The archive; it can seek, and stays open.</param>
    /// <exception cref="UnusableFileException">It cannot be read, or is a document, such as a workbook.</exception>
    public static ZipContents List(Stream file)
    {
        using var archive = Open(file);
        return Checked(() => ZipContents.Of(archive));
    }

    /// <exception cref="UnusableFileException">The data is damaged or cut short.</exception>
    public override int Read(Span<byte> buffer)
    {
        try
        {
            return _data.Read(buffer);
        }
        catch (InvalidDataException e)
        {
            throw Damaged(e);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _data.Dispose();
            _archive.Dispose();
        }

        base.Dispose(disposing);
    }

    private static ZipArchive Open(Stream file) => Checked(() =>
    {
        CheckEnd(file);
        file.Seek(0, SeekOrigin.Begin);
        return new ZipArchive(file, ZipArchiveMode.Read, leaveOpen: true);
    });

    /// <summary>
    /// Checks that nothing but zero bytes follows the archive, and nothing comes between its directory and its end. The framework passes
    /// over that, but it may be more rows, or another archive.
    /// </summary>
    private static void CheckEnd(Stream file)
    {
        var end = new byte[(int)Math.Min(file.Length, EndBytes + ushort.MaxValue)];
        file.Seek(-end.Length, SeekOrigin.End);
        file.ReadExactly(end);
        var at = end.AsSpan().LastIndexOf("PK\u0005\u0006"u8);
        if (at < 0 || end.Length - at < EndBytes)
        {
            throw new InvalidDataException("Its directory is missing.");
        }

        var isZip64 = at >= Zip64LocatorBytes && end.AsSpan(at - Zip64LocatorBytes).StartsWith("PK\u0006\u0007"u8);
        var directoryBytes = BinaryPrimitives.ReadUInt32LittleEndian(end.AsSpan(at + 12));
        var directoryAt = BinaryPrimitives.ReadUInt32LittleEndian(end.AsSpan(at + 16));
        if (!isZip64 && (long)directoryAt + directoryBytes != file.Length - end.Length + at)
        {
            throw new InvalidDataException("Its directory is not where it should be.");
        }

        var comment = BinaryPrimitives.ReadUInt16LittleEndian(end.AsSpan(at + EndBytes - sizeof(ushort)));
        var rest = end.AsSpan(Math.Min(end.Length, at + EndBytes + comment));
        if (rest.ContainsAnyExcept((byte)0))
        {
            throw new InvalidDataException("It is followed by something else.");
        }
    }

    private static T Checked<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (InvalidDataException e)
        {
            throw Damaged(e);
        }
    }

    private static UnusableFileException Damaged(InvalidDataException e) =>
        new("The ZIP archive is damaged, incomplete, or compressed in an unknown way: " + FailureReason.Of(e), e);
}
