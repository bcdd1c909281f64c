using System.IO.Compression;
using System.Text;
using CsvIngest.Datasets;
using CsvIngest.Importing;
using CsvIngest.Importing.Sources;
using CsvIngest.Store;
using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Importing;

/// <summary>ZIP archives: which members are tables, and what becomes of archives that are damaged, hostile, or no archives of tables.</summary>
public sealed class ArchiveTests : IDisposable
{
    private const string Ann = "email,name\nann@moss.example,Ann\n";
    private const string Bob = "email,name\nbob@moss.example,Bob\n";

    private static readonly Dataset Contacts = DatasetCatalog.BuiltIn.All.Single(dataset => dataset.Name == "contacts");

    private readonly WorkFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(CompressionLevel.Optimal)]
    [InlineData(CompressionLevel.NoCompression)]
    public async Task An_archive_of_one_table_is_read_as_that_table(CompressionLevel level)
    {
        WriteArchive("f.zip", level, ("data.csv", Ann));

        var file = await ImportAsync(Tables("f.zip").Single());

        file.Result.Source.ShouldBe("f.zip");
        file.Rows.Single().Texts()[1].ShouldBe("Ann");
    }

    [Theory]
    [InlineData("data.csv", "a.pdf|b.jpg")]
    [InlineData("data.csv", "README.txt|notes.md")]
    [InlineData("data.csv", "folder/|__MACOSX/._data.csv|.hidden.csv|.git/x.csv")]
    [InlineData("a/b/DATA.TSV", "x.json")]
    [InlineData("data.txt", "x.json")]
    [InlineData("export", "")]
    [InlineData("export", ".DS_Store")]
    public void What_is_no_table_is_passed_over_by_name(string table, string others)
    {
        WriteArchive("f.zip", [(table, Ann), .. Split(others).Select(other => (other, "x"))]);

        var found = Source.FromFile(_folder["f.zip"]).FindTables();

        found.Tables.ShouldHaveSingleItem().Name.ShouldBe("f.zip");
        found.Others.ShouldBe(Split(others).Where(other => !other.EndsWith('/')));
    }

    [Fact]
    public async Task Each_of_several_tables_is_a_source_of_its_own()
    {
        WriteArchive("f.zip", ("a.csv", Ann), ("readme.txt", "x"), ("b/a.csv", Bob), ("c.csv.gz", "not gzip, but plain\n"), ("a.csv", Bob));

        var tables = Tables("f.zip");

        tables.Select(table => table.Name).ShouldBe(["f.zip/a.csv", "f.zip/b/a.csv", "f.zip/c.csv.gz", "f.zip/a.csv"]);
        tables.Select(table => table.MemberKey).Distinct().Count().ShouldBe(4);
        (await ImportAsync(tables[0])).Rows.Single().Texts()[1].ShouldBe("Ann");
        (await ImportAsync(tables[1])).Rows.Single().Texts()[1].ShouldBe("Bob");
        (await ImportAsync(tables[3])).Rows.Single().Texts()[1].ShouldBe("Bob");
    }

    [Fact]
    public async Task Tables_of_an_archive_that_has_changed_since_they_were_listed_are_listed_again()
    {
        WriteArchive("f.zip", ("a.csv", Ann), ("b.csv", Bob));
        var tables = Tables("f.zip");
        (await ImportAsync(tables[0])).Rows.Count().ShouldBe(1);

        WriteArchive("next", ("b.csv", Ann + "cy@moss.example,Cy\n"), ("a.csv", Bob));
        File.Move(_folder["next"], _folder["f.zip"], overwrite: true);

        await Should.ThrowAsync<FileChangedException>(() => ImportAsync(tables[1]));
        (await ImportAsync(Tables("f.zip")[0])).Rows.Count().ShouldBe(2);
    }

    [Fact]
    public async Task Gzip_inside_an_archive_is_decompressed_too()
    {
        using var gzipped = new MemoryStream();
        await using (var gzip = new GZipStream(gzipped, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(Encoding.UTF8.GetBytes(Ann));
        }

        WriteArchive("f.zip", CompressionLevel.NoCompression, ("a.csv.gz", gzipped.ToArray()));

        (await ImportAsync(Tables("f.zip").Single())).Rows.Count().ShouldBe(1);
    }

    [Fact]
    public async Task An_archive_in_a_stream_that_can_seek_is_read()
    {
        WriteArchive("f.zip", ("a.csv", Ann));
        var source = Source.FromStream("upload", () => new MemoryStream(File.ReadAllBytes(_folder["f.zip"])));

        (await ImportAsync(source)).Rows.Count().ShouldBe(1);
        WriteArchive("f.zip", ("a.csv", Ann), ("b.csv", Bob));
        (await FailureAsync(source)).ShouldBe("The ZIP archive contains several CSV files: a.csv, b.csv. Import each of them.");
    }

    [Fact]
    public async Task Zip64_is_read()
    {
        await File.WriteAllBytesAsync(_folder["f.zip"], Convert.FromBase64String(
            // zip -fz: sizes, offset and directory in the form of Zip64.
            "UEsDBC0AAAAAAE2Iel1iulEt//////////8BABQALQEAEAAgAAAAAAAAACAAAAAAAAAAZW1haWwsbmFtZQphbm5AbW9zcy5leGFtcGxlLEFubgpQSwECHgMtAAAAAABNiHpdYrpRLSAAAAD/////AQAMAAAAAAAB"
            + "AAAAgBEAAAAALQEACAAgAAAAAAAAAFBLBgYsAAAAAAAAAB4DLQAAAAAAAAAAAAEAAAAAAAAAAQAAAAAAAAA7AAAAAAAAAFMAAAAAAAAAUEsGBwAAAACOAAAAAAAAAAEAAABQSwUGAAAAAAEAAQA7AAAA/////wAA"));

        (await ImportAsync(Tables("f.zip").Single())).Rows.Single().Texts()[1].ShouldBe("Ann");
    }

    [Theory]
    [InlineData("../../etc/x.csv", "etc/x.csv", "f.x.csv")]
    [InlineData("/abs/x.csv", "abs/x.csv", "f.x.csv")]
    [InlineData("..\\..\\x.csv", "x.csv", "f.x.csv")]
    [InlineData("a/./b//../x\u001B[2J\n.csv", "a/b/x?[2J?.csv", "f.x?[2J?.csv")]
    public void A_name_in_an_archive_leads_nowhere(string member, string shown, string file)
    {
        WriteArchive("f.zip", (member, Ann), ("b.csv", Bob));

        var table = Tables("f.zip")[0];

        table.Name.ShouldBe("f.zip/" + shown);
        table.FileName.ShouldBe(file);
    }

    [Fact]
    public void A_long_name_is_cut()
    {
        WriteArchive("f.zip", (new string('x', 5000) + ".csv", Ann), ("b.csv", Bob));

        Tables("f.zip")[0].FileName.Length.ShouldBeLessThan(140);
        Tables("f.zip")[0].Name.ShouldEndWith("x.csv");
    }

    [Theory]
    [InlineData("[Content_Types].xml|_rels/.rels|xl/workbook.xml", "This is an Excel workbook (.xlsx), not a CSV file. ")]
    [InlineData("xl/workbook.bin|data.csv", "an Excel workbook")]
    [InlineData("[Content_Types].xml|word/document.xml", "a Word document")]
    [InlineData("mimetype|content.xml|META-INF/manifest.xml", "OpenDocument")]
    [InlineData("META-INF/MANIFEST.MF|a.csv", "a Java archive")]
    [InlineData("Index/Document.iwa|Metadata/x.plist", "a Numbers")]
    [InlineData("a.pdf|b.pdf", "contains no CSV file, but a.pdf, b.pdf. Extract")]
    [InlineData("1.a|2.a|3.a|4.a|5.a|6.a|7.a", "but 1.a, 2.a, 3.a, 4.a, 5.a and 2 more.")]
    [InlineData("", "contains no files")]
    public async Task What_is_no_archive_of_tables_is_rejected(string members, string message)
    {
        WriteArchive("f.zip", [.. Split(members).Select(member => (member, "x,y\n"))]);

        (await FailureAsync(Tables("f.zip").Single())).ShouldContain(message);
    }

    [Fact]
    public async Task An_unknown_member_is_examined_like_a_file()
    {
        WriteArchive("f.zip", ("page", "<html>"));

        (await FailureAsync(Tables("f.zip").Single())).ShouldContain("This is an HTML page");
    }

    [Theory]
    [InlineData("encrypted", "data.csv in the ZIP archive is encrypted")]
    [InlineData("method", "compressed in an unknown way")]
    [InlineData("checksum", "does not have the length and checksum")]
    [InlineData("length", "The ZIP archive is damaged")]
    [InlineData("data", "The ZIP archive is damaged")]
    [InlineData("truncated", "The ZIP archive is damaged, incomplete")]
    [InlineData("pointer", "The ZIP archive is damaged")]
    [InlineData("text", "It is followed by something else.")]
    [InlineData("archive", "The ZIP archive is damaged")]
    [InlineData("cut end", "Its directory is missing.")]
    public async Task A_damaged_archive_is_an_unusable_file(string damage, string message)
    {
        WriteArchive("f.zip", ("data.csv", "email,name\n" + string.Concat(Enumerable.Range(0, 5000).Select(row => $"{Guid.NewGuid()}@moss.example,{row}\n"))));
        var bytes = await File.ReadAllBytesAsync(_folder["f.zip"]);
        var directory = bytes.AsSpan().LastIndexOf("PK\u0001\u0002"u8);
        switch (damage)
        {
            case "encrypted":
                bytes[directory + 8] |= 1;
                break;
            case "method":
                bytes[directory + 10] = 12;
                bytes[8] = 12;
                break;
            case "checksum":
                bytes[directory + 16] ^= 1;
                break;
            case "length":
                bytes[directory + 24] ^= 1;
                break;
            case "data":
                bytes.AsSpan(directory / 2, 100).Clear();
                break;
            case "truncated":
                bytes = bytes[..(bytes.Length / 2)];
                break;
            case "text":
                bytes = [.. bytes, .. "ann@moss.example,Ann\n"u8];
                break;
            case "archive":
                bytes = [.. bytes, .. bytes];
                break;
            case "cut end":
                bytes = bytes[..^1];
                break;
            default:
                bytes[directory + 42] ^= 1;
                break;
        }

        await File.WriteAllBytesAsync(_folder["f.zip"], bytes);

        (await FailureAsync(Tables("f.zip").Single())).ShouldContain(message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a comment")]
    public async Task A_comment_and_zero_padding_may_follow(string comment)
    {
        using (var archive = new ZipArchive(File.Create(_folder["f.zip"]), ZipArchiveMode.Create))
        {
            archive.Comment = comment;
            using var entry = archive.CreateEntry("a.csv").Open();
            entry.Write(Encoding.UTF8.GetBytes(Ann));
        }

        await File.WriteAllBytesAsync(_folder["f.zip"], [.. await File.ReadAllBytesAsync(_folder["f.zip"]), .. new byte[600]]);

        (await ImportAsync(Tables("f.zip").Single())).Rows.Count().ShouldBe(1);
    }

    [Fact]
    public async Task A_bomb_is_stopped()
    {
        WriteArchive("f.zip", ("a.csv", "email,name\n" + string.Concat(Enumerable.Repeat(new string(' ', 1023) + "\n", 70 << 10))));

        (await FailureAsync(Tables("f.zip").Single())).ShouldContain("expands to more than 200 times its size");
    }

    [Fact]
    public async Task An_import_of_one_of_several_tables_is_resumed_exactly()
    {
        var rows = string.Concat(Enumerable.Range(0, 20).Select(row => $"x{row}@moss.example,{row}\n"));
        WriteArchive("f.zip", ("a.csv", "email,name\n" + rows), ("b.csv", "email,name\n" + rows));
        var options = new ImportOptions { Slices = new() { RowsPerMessage = 3, Reading = new() { BlockBytes = 64, WindowBytes = 64 } }, RejectsFolder = _folder.FullPath };
        var tables = Tables("f.zip");
        var observed = new RecordingObserver();

        using (var stop = new CancellationTokenSource())
        {
            await using var first = new DecodingPublisher(Contacts);
            var stopping = new RecordingObserver { WantsRows = true, OnEvent = line => CancelAt(line, "row 13 ", stop) };
            var interrupted = await new Importer(_ => Contacts, new ImportDestination(first, "here", "queue"))
                .ImportAsync(tables[1], options, stopping, stop.Token);
            (interrupted.Outcome, interrupted.IsResumable).ShouldBe((ImportOutcome.Interrupted, true));
            interrupted.RowsConfirmed.ShouldBeInRange(1, 12);
            await using var second = new DecodingPublisher(Contacts);
            var importer = new Importer(_ => Contacts, new ImportDestination(second, "here", "queue"));
            (await importer.ImportAsync(tables[0], options, new RecordingObserver(), CancellationToken.None)).RowsSent.ShouldBe(20);
            second.Parts.Clear();

            var resumed = await importer.ImportAsync(tables[1], options, observed, CancellationToken.None);

            resumed.ImportId.ShouldBe(interrupted.ImportId);
            first.Parts.Concat(second.Parts).OfType<SlicePart>().Select(slice => slice.Number).Order().ShouldBe(Enumerable.Range(1, 7));
            first.Parts.Concat(second.Parts).OfType<SlicePart>().SelectMany(slice => slice.Rows).Count().ShouldBe(20);
        }

        observed.Events.ShouldContain(line => line.StartsWith("resumed after"));
        Directory.GetFiles(_folder.FullPath, "*", new EnumerationOptions { AttributesToSkip = FileAttributes.None }).ShouldBe([_folder["f.zip"]]);
    }

    private static void CancelAt(string line, string start, CancellationTokenSource stop)
    {
        if (line.StartsWith(start, StringComparison.Ordinal))
        {
            stop.Cancel();
        }
    }

    private IReadOnlyList<Source> Tables(string name) => Source.FromFile(_folder[name]).FindTables().Tables;

    private static string[] Split(string names) => names.Split('|', StringSplitOptions.RemoveEmptyEntries);

    private static Task<ImportedFile> ImportAsync(Source source) => ImportedFile.FromAsync(source, new ImportOptions(), Contacts);

    private static async Task<string> FailureAsync(Source source) =>
        (await Should.ThrowAsync<UnusableFileException>(() => ImportAsync(source))).Message;

    private void WriteArchive(string name, params (string Member, string Text)[] members) => WriteArchive(name, CompressionLevel.Optimal, members);

    private void WriteArchive(string name, CompressionLevel level, params (string Member, string Text)[] members) =>
        WriteArchive(name, level, [.. members.Select(member => (member.Member, Encoding.UTF8.GetBytes(member.Text)))]);

    private void WriteArchive(string name, CompressionLevel level, params (string Member, byte[] Data)[] members)
    {
        using var archive = new ZipArchive(File.Create(_folder[name]), ZipArchiveMode.Create);
        foreach (var (member, data) in members)
        {
            using var entry = archive.CreateEntry(member, level).Open();
            entry.Write(data);
        }
    }
}
