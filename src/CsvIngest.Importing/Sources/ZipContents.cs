using System.IO.Compression;
using CsvIngest.Importing.Detection;

namespace CsvIngest.Importing.Sources;

/// <summary>Which members of a ZIP archive are tables.</summary>
/// <param name="Tables">The members to import, in the order of the archive.</param>
/// <param name="Others">The names of the others, apart from folders.</param>
internal sealed record ZipContents(IReadOnlyList<ZipMember> Tables, IReadOnlyList<string> Others)
{
    private static readonly string[] TableExtensions = [".csv", ".tsv", ".tab", ".psv"];

    /// <summary>How many names a message lists. A guess.</summary>
    private const int MaxNames = 5;

    private static ReadOnlySpan<byte> LocalHeader => "PK\u0003\u0004"u8;

    private static ReadOnlySpan<byte> EmptyDirectory => "PK\u0005\u0006"u8;

    private static ReadOnlySpan<byte> SpannedHeader => "PK\u0007\u0008"u8;

    /// <summary>Whether a file with this start is a ZIP archive.</summary>
    public static bool IsArchive(ReadOnlySpan<byte> start) =>
        start.StartsWith(LocalHeader) || start.StartsWith(EmptyDirectory) || start.StartsWith(SpannedHeader);

    /// <summary>Lists an archive.</summary>
    /// <exception cref="UnusableFileException">It is a document, such as a workbook.</exception>
    public static ZipContents Of(ZipArchive archive)
    {
        if (FileFormat.OfArchive([.. archive.Entries.Select(entry => entry.FullName)]) is { } format)
        {
            throw format.ToException();
        }

        // The name of a folder ends with a slash.
        var files = archive.Entries.Select((entry, index) => new ZipMember(index, entry.FullName)).Where(member => !member.IsFolder).ToList();
        var visible = files.Where(file => !file.IsHidden).ToList();
        var tables = visible.Where(file => file.HasExtension(TableExtensions)).ToList();
        if (tables.Count == 0)
        {
            // Beside a table, a text file is rather a description of it.
            tables = [.. visible.Where(file => file.HasExtension(".txt"))];
        }

        if (tables.Count == 0 && visible.Count == 1)
        {
            tables = visible;
        }

        return new ZipContents(tables, [.. files.Except(tables).Select(file => file.DisplayName)]);
    }

    /// <summary>The only table.</summary>
    /// <exception cref="UnusableFileException">There is none, or there are several.</exception>
    public ZipMember Single() => Tables.Count switch
    {
        1 => Tables[0],
        0 when Others.Count == 0 => throw new UnusableFileException("The ZIP archive contains no files."),
        0 => throw new UnusableFileException($"The ZIP archive contains no CSV file, but {Listed(Others)}. Extract the data, and import that."),
        _ => throw new UnusableFileException(
            $"The ZIP archive contains several CSV files: {Listed([.. Tables.Select(table => table.DisplayName)])}. Import each of them."),
    };

    /// <summary>Some names as a message shows them.</summary>
    public static string Listed(IReadOnlyList<string> names) =>
        string.Join(", ", names.Take(MaxNames)) + (names.Count > MaxNames ? $" and {names.Count - MaxNames} more" : "");
}
