using System.IO.Compression;

namespace CsvIngest.Importing.Sources;

/// <summary>The decompressed data of one member of a ZIP archive.</summary>
internal sealed class ZipSource : ForwardStream
{
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
        file.Seek(0, SeekOrigin.Begin);
        return new ZipArchive(file, ZipArchiveMode.Read, leaveOpen: true);
    });

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
        new("The ZIP archive is damaged, incomplete, or compressed in an unknown way: " + e.Message, e);
}
