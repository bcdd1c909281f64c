using System.Text;
using CsvIngest.Testing;
using CsvIngest.Datasets;
using CsvIngest.Importing.Detection;
using CsvIngest.Store;
using CsvIngest.Tests.Harness;
using CsvIngest.Tests.Reading;
using FsCheck;
using FsCheck.Fluent;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Importing;

/// <summary>What holds for an import of any bytes at all.</summary>
public sealed class ImportProperties : IDisposable
{
    private static readonly Dataset Contacts = DatasetCatalog.BuiltIn.All.Single(dataset => dataset.Name == "contacts");

    // Rows, parts of rows, and what matters to the reader: a few of each make every fate likely.
    private static readonly string[] Pieces =
    [
        "a@example.com,Ann", "b@example.com,Bob", "c@example.com,\"C, D\"", "A@EXAMPLE.com,Ann", "nobody,N", "d@example.com,", "x,y,z",
        "email,name", "\"", "\"\"", ",", ";", "\n", "\n", "\n", "\r\n", "\r", "\n\n", " ", "\t", "#", "\\", "\0", "é", "\u00C3\u00A9", "\u00FF",
        " \"", "\" ,", "h@example.com , \"H, I\" \n", "=\"", "i@example.com,=\"I\"\n", ",,\n", "\u001A", "\u00EF\u00BB\u00BF",
        "e@example.com,\"two\nlines\"\n", "f@example.com,\"open\n", "g\u00E9@example.com,G\n",
    ];

    private static readonly Gen<byte[]> Files =
        from start in Gen.Elements("", "email,name\n", "email,name\n", "Name;E-Mail\r\n", "\u00EF\u00BB\u00BFemail,name,age\n", "sep=,\nemail,name\n", "title\n\nemail,name\n")
        from pieces in Gen.Elements(Pieces).ArrayOf()
        select Encoding.Latin1.GetBytes(start + string.Concat(pieces));

    private static readonly Gen<ReadingOptions> Options =
        from delimiter in Gen.Elements<string?>(null, null, ",", ";")
        from quote in Gen.Elements(QuoteSetting.Auto, QuoteSetting.Auto, QuoteSetting.None, QuoteSetting.Of("'"))
        from encoding in Gen.Elements<string?>(null, null, "utf-8", "windows-1252", "utf-16")
        from comment in Gen.Elements<char?>(null, null, '#')
        from noHeader in Gen.Elements<bool?>(null, null, true)
        from most in Gen.Elements(40, 1 << 20)
        from block in Gen.Elements(7, 64, 4096)
        select new ReadingOptions
        {
            Delimiter = delimiter,
            Quote = quote,
            Encoding = encoding,
            Comment = comment,
            NoHeader = noHeader,
            MaxRecordBytes = most,
            BlockBytes = block,
        };

    private readonly WorkFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_books_balance() =>
        Check(async (bytes, options) => (await ImportAsync(bytes, options, 7))?.ShouldBalance(7));

    [Fact]
    public void Every_rejection_is_explained() =>
        Check(async (bytes, options) => (await ImportAsync(bytes, options, rejects: _folder.FullPath))?.ShouldExplainItsRejects());

    [Fact]
    public void Every_record_has_exactly_one_fate() =>
        Check(async (bytes, options) =>
        {
            if (await ImportAsync(bytes, options) is { } file)
            {
                file.Lines.ShouldBe(ReadFile.From(bytes, options, Contacts).Records.Select(record => record.Line));
            }
        });

    [Fact]
    public void How_rows_are_cut_into_slices_changes_nothing_else() =>
        Check(async (bytes, options) =>
        {
            var one = await ImportAsync(bytes, options, 1);
            var seven = await ImportAsync(bytes, options, 7);
            var many = await ImportAsync(bytes, options, 200);

            one?.Fates().ShouldBe(many?.Fates());
            seven?.Fates().ShouldBe(many?.Fates());
            one?.Slices.Count.ShouldBe((int)one.Result.RowsRead);
        });

    [Fact]
    public void The_same_file_gives_the_same_slices() =>
        Check(async (bytes, options) =>
        {
            var first = await ImportAsync(bytes, options, 7);
            var again = await ImportAsync(bytes, options with { BlockBytes = 1 << 20 }, 7);

            again?.Slices.Select(slice => (slice.FirstLine, slice.LastLine, slice.RowCount))
                .ShouldBe(first!.Slices.Select(slice => (slice.FirstLine, slice.LastLine, slice.RowCount)));
        });

    [Fact]
    public void Rejects_fed_again_with_the_same_dialect_are_rejected_for_the_same_reasons()
    {
        var compared = 0;
        Check(async (bytes, options) =>
        {
            var file = await ImportAsync(bytes, options, rejects: _folder.FullPath);
            if (file is null || file.Rejected.Length == 0)
            {
                return;
            }

            var pinned = ReadFile.From(bytes, options, Contacts).Shape.Pinned;
            var again = (await ImportAsync(file.Rejected, pinned)).ShouldNotBeNull();
            again.ShouldBalance(200);
            if (!file.RejectsDependOnWhatFollows(pinned.Quote.Mark))
            {
                again.Rejections.Select(Reason).ShouldBe(file.Rejections.Select(Reason));
                again.Result.RowsSent.ShouldBe(0);
                compared++;
            }
        });

        compared.ShouldBeGreaterThan(30);
    }

    // Without a header, the byte order mark of the first rejected record is that of the rejects file.
    private static (string Column, string Code, string Raw) Reason(Rejection rejection) =>
        (rejection.Column, rejection.Code, rejection.Raw.TrimStart('\uFEFF'));

    /// <summary>Null if the file is unusable as a whole.</summary>
    private async Task<ImportedFile?> ImportAsync(byte[] bytes, ReadingOptions options, int rowsPerMessage = 200, string? rejects = null)
    {
        try
        {
            return await ImportedFile.FromAsync(bytes, options, rowsPerMessage, rejects);
        }
        catch (UnusableFileException)
        {
            return null;
        }
    }

    private static void Check(Func<byte[], ReadingOptions, Task> property) => Prop
        .ForAll(
            (from file in Files from options in Options where options.Faults().Count == 0 select (file, options)).ToArbitrary(),
            pair => property(pair.file, pair.options))
        .Check(PropertyConfig.Of(200, endSize: 60));
}
