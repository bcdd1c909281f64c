using System.Buffers.Binary;
using System.Text;

namespace CsvIngest.Importing.Detection;

/// <summary>A kind of file that is not CSV.</summary>
/// <param name="Name">The kind, with its article.</param>
/// <param name="Advice">A sentence: how to get a CSV file from it.</param>
internal sealed record FileFormat(string Name, string Advice)
{
    private const int TarMagicAt = 257;
    private const string ExportIt = "Export the data as CSV.";
    private const string DecompressIt = "Decompress it first; only gzip and ZIP are decompressed while reading.";
    private const string SaveSheet = "Open it in a spreadsheet program, and save the sheet as CSV (UTF-8).";
    private const string DownloadData = "Request the data itself.";

    private static readonly FileFormat Image = new("an image", "Request the data as text.");

    /// <summary>Each with the bytes that it starts with, which no text starts with.</summary>
    private static readonly (byte[] Start, FileFormat Format)[] Binary =
    [
        ([0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1], new("an Excel workbook in the old format (.xls), or another old Office document", SaveSheet)),
        ([.. "%PDF-"u8], new("a PDF document", "Request the data as CSV; text that is copied out of a PDF document loses its columns.")),
        ([0x89, .. "PNG\r\n"u8, 0x1A, (byte)'\n'], Image),
        ([0xFF, 0xD8, 0xFF], Image),
        ([.. "{\\rtf"u8], new("a rich text document (.rtf)", "Save it as plain text.")),
        ([.. "SQLite format 3\0"u8], new("an SQLite database", ExportIt)),
        ([0, 1, 0, 0, .. "Standard "u8], new("a Microsoft Access database", ExportIt)),
        ([.. "ARROW1\0\0"u8], new("an Arrow file", ExportIt)),
        ([.. "Obj\u0001"u8], new("an Avro file", ExportIt)),
        ([.. "bplist00"u8], new("a binary property list", ExportIt)),
        ([0x1F, 0x8B, 8], new("compressed with gzip twice", "Decompress it once.")),
        ([.. "BZh"u8, (byte)'9', .. "1AY&SY"u8], new("compressed with bzip2", DecompressIt)),
        ([0xFD, .. "7zXZ\0"u8], new("compressed with xz", DecompressIt)),
        ([0x28, 0xB5, 0x2F, 0xFD], new("compressed with Zstandard", DecompressIt)),
        ([0x04, 0x22, 0x4D, 0x18], new("compressed with LZ4", DecompressIt)),
        ([0x1F, 0x9D], new("compressed with compress (.Z)", DecompressIt)),
        ([(byte)'7', (byte)'z', 0xBC, 0xAF, 0x27, 0x1C], new("a 7-Zip archive", DecompressIt)),
        ([.. "Rar!\u001A\a"u8], new("a RAR archive", DecompressIt)),
    ];

    /// <summary>Each with the text that it starts with, in lower case. No column has such a name.</summary>
    private static readonly (byte[] Start, FileFormat Format)[] Textual =
    [
        ([.. "version https://git-lfs.github.com/"u8], new("a Git LFS pointer, which stands for a file that was not downloaded", "Run \"git lfs pull\" to download it.")),
        ([.. "/annex/objects/"u8], new("a git-annex pointer, which stands for a file that was not downloaded", "Run \"git annex get\" to download it.")),
        ([.. "begin:vcard"u8], new("an address book of vCards (.vcf)", "Open it in an address book, and export it as CSV.")),
        ([.. "begin:vcalendar"u8], new("a calendar (.ics)", ExportIt)),
        ([.. "-----begin pgp message-----"u8], new("encrypted with PGP", "Decrypt it first.")),
        ([.. "%!ps-adobe"u8], new("a PostScript document", "Request the data as CSV.")),
    ];

    private static readonly FileFormat Parquet = new("a Parquet file", ExportIt);
    private static readonly FileFormat Tar = new("a tar archive", "Extract it first; a compressed tar archive must be extracted too.");

    /// <summary>Each with what the name of one of its files starts with.</summary>
    private static readonly (string Member, FileFormat Format)[] Packages =
    [
        ("xl/", new("an Excel workbook (.xlsx)", SaveSheet)),
        ("word/", new("a Word document (.docx)", ExportIt)),
        ("ppt/", new("a PowerPoint presentation (.pptx)", ExportIt)),
        ("[Content_Types].xml", new("an Office document", ExportIt)),
        ("META-INF/MANIFEST.MF", new("a Java archive (.jar)", ExportIt)),
        ("META-INF/container.xml", new("an electronic book (.epub)", ExportIt)),
        ("META-INF/manifest.xml", new("an OpenDocument spreadsheet (.ods), or another OpenDocument file", SaveSheet)),
        ("Index/", new("a Numbers or Pages document", SaveSheet)),
    ];

    // Reached only if the source could not look into it.
    private static readonly FileFormat Zip = new(
        "a ZIP archive",
        "An archive cannot be read from a pipe or from inside another archive, because its directory is at its end: save it to a file, and import that.");

    private static readonly FileFormat Web = new(
        "an HTML page", $"It is probably a page to sign in, or an error page, that was downloaded instead of the data. {DownloadData}");

    private static readonly FileFormat XmlWorkbook = new("an Excel workbook in XML format", SaveSheet);
    private static readonly FileFormat Xml = new("an XML document", ExportIt);
    private static readonly FileFormat Json = new("JSON", ExportIt);
    private static readonly FileFormat Mail = new("an e-mail message, or a mailbox of several", "Save the attachment that contains the data.");

    /// <summary>The kind of file that certainly starts with these bytes; null if it may be text.</summary>
    public static FileFormat? OfBytes(ReadOnlySpan<byte> start)
    {
        foreach (var (magic, format) in Binary)
        {
            if (start.StartsWith(magic))
            {
                return format;
            }
        }

        return start switch
        {
            [(byte)'P', (byte)'K', 3, 4, ..] => OfArchive([FirstMember(start)]) ?? Zip,
            [(byte)'P', (byte)'K', 5, 6, ..] or [(byte)'P', (byte)'K', 7, 8, ..] => Zip,
            // A column can be called PAR1 or GIF89a, but is then followed by text.
            [(byte)'P', (byte)'A', (byte)'R', (byte)'1', var next, ..] when IsControl(next) => Parquet,
            [(byte)'G', (byte)'I', (byte)'F', (byte)'8', (byte)'7' or (byte)'9', (byte)'a', .. var rest] when HasControl(rest) => Image,
            _ => start.Length > TarMagicAt && start[TarMagicAt..].StartsWith("ustar"u8) && start[..TarMagicAt].Contains((byte)0) ? Tar : null,
        };
    }

    /// <summary>The kind of document that a ZIP archive is; null if it is an archive of files.</summary>
    /// <param name="names">The names of its members.</param>
    public static FileFormat? OfArchive(IReadOnlyCollection<string> names) =>
        Array.Find(Packages, package => names.Any(name => name.StartsWith(package.Member, StringComparison.Ordinal))).Format;

    /// <summary>What to throw for a file of this kind.</summary>
    public UnusableFileException ToException() => new($"This is {Name}, not a CSV file. {Advice}");

    /// <summary>The kind of file that certainly starts with this text; null if it may be CSV.</summary>
    /// <param name="text">The start of the file as UTF-8, without a byte order mark.</param>
    public static FileFormat? OfText(ReadOnlySpan<byte> text)
    {
        text = text.TrimStart(" \t\r\n\f"u8);
        foreach (var (start, format) in Textual)
        {
            if (Markup.StartsWith(text, start))
            {
                return format;
            }
        }

        return Markup.KindOf(text) switch
        {
            MarkupKind.Html => Web,
            MarkupKind.Workbook => XmlWorkbook,
            MarkupKind.Xml => Xml,
            _ => JsonText.IsStartOf(text) ? Json : MailText.IsStartOf(text) ? Mail : null,
        };
    }

    /// <summary>The name of the first member of a ZIP archive, as far as it is there.</summary>
    private static string FirstMember(ReadOnlySpan<byte> archive)
    {
        const int LengthAt = 26;
        const int NameAt = 30;
        return archive.Length < NameAt
            ? ""
            : Encoding.UTF8.GetString(archive[NameAt..Math.Min(archive.Length, NameAt + BinaryPrimitives.ReadUInt16LittleEndian(archive[LengthAt..]))]);
    }

    private static bool IsControl(byte value) => value is < 0x20 and not ((byte)'\t' or (byte)'\r' or (byte)'\n');

    private static bool HasControl(ReadOnlySpan<byte> bytes)
    {
        foreach (var value in bytes[..Math.Min(7, bytes.Length)])
        {
            if (IsControl(value))
            {
                return true;
            }
        }

        return false;
    }
}
