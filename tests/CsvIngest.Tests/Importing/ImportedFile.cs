using System.Text.Json;
using CsvIngest.Datasets;
using CsvIngest.Messages;
using CsvIngest.Producer;
using CsvIngest.Producer.Importing;
using CsvIngest.Importing.Reading;
using CsvIngest.Producer.Rejects;
using CsvIngest.Producer.Reporting;
using CsvIngest.Importing.Sources;
using CsvIngest.Store;
using CsvIngest.Tests.Reading;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;

namespace CsvIngest.Tests.Importing;

/// <summary>What became of a file that was imported in this process, by the program's own parts, up to the consumer's side.</summary>
internal sealed record ImportedFile(
    FileShape Shape, IReadOnlyList<SlicePart> Slices, ClosingPart Closing, Counts Counts, byte[] Printed, byte[] Errors, byte[] Rejected)
{
    // Lines of the errors file, which is of our own making: nothing about it is to be found out.
    private static readonly ReadingOptions ErrorsReading = new()
    {
        Delimiter = ",",
        Quote = QuoteSetting.Of("\""),
        Escape = EscapeSetting.Doubled,
        Encoding = "utf-8",
        SkipLines = 0,
        Width = 4,
    };

    public IEnumerable<Row> Rows => Slices.SelectMany(slice => slice.Rows);

    public IEnumerable<Rejection> Rejections => Slices.SelectMany(slice => slice.Rejections);

    public IEnumerable<long> DuplicateLines => Slices.SelectMany(slice => slice.DuplicateLines);

    /// <summary>Line, column and code of every rejection.</summary>
    public IEnumerable<string> Refusals => Rejections.Select(rejection => $"{rejection.Line} {rejection.Column} {rejection.Code}");

    /// <summary>The lines of all rows, in order.</summary>
    public IEnumerable<long> Lines => Slices.SelectMany(LinesOf);

    /// <summary>Imports contacts.</summary>
    /// <param name="bytes">The file.</param>
    /// <param name="reading">How to read it.</param>
    /// <param name="rowsPerMessage">How many rows make a slice.</param>
    /// <param name="rejects">Where the rejects files go; null for none, which spares the disk.</param>
    public static Task<ImportedFile> FromAsync(byte[] bytes, ReadingOptions reading, int rowsPerMessage = 200, string? rejects = null)
    {
        var options = new ProducerOptions
        {
            Files = ["f.csv"],
            Reading = reading,
            RowsPerMessage = rowsPerMessage,
            WriteRejects = rejects is not null,
            RejectsFolder = rejects,
        };
        return FromAsync(new OpenSource(new MemoryStream(bytes), new CountingStream(Stream.Null), null, isCompressed: false), options, DatasetCatalog.BuiltIn.All.Single());
    }

    /// <summary>Imports a file; the options say the folder of its rejects.</summary>
    public static Task<ImportedFile> FromAsync(ProducerOptions options, Dataset dataset) =>
        FromAsync(new Source(options.Files[0]).Open(new ExpansionLimit(options.MaxExpansion), CancellationToken.None), options, dataset);

    private static async Task<ImportedFile> FromAsync(OpenSource source, ProducerOptions options, Dataset dataset)
    {
        using var open = source;
        using var reader = RecordReader.Open(open.Bytes, options.Reading);
        var binding = reader.Shape.HeaderLine > 0
            ? ColumnBinding.Bind(dataset, reader.Shape.Names, options.Map)
            : ColumnBinding.ByPosition(dataset, reader.Shape.Width);

        var name = Path.GetFileName(options.Files[0]);
        var counts = new Counts();
        var printed = new MemoryStream();
        await using var publisher = new DecodingPublisher(dataset);
        string? rejectedPath, errorsPath;
        using (var rejects = options.WriteRejects ? RejectsFiles.Prepare(options.RejectsFolder!, name, new HashSet<string>(), () => reader.HeaderRaw.ToArray()) : null)
        using (var printer = new RowPrinter(printed, name, dataset, binding))
        {
            var slice = new SliceWriter(Guid.CreateVersion7(), dataset.Name, name, [.. binding.Extra.Select(extra => extra.Name)]);
            var classifier = new RowClassifier(reader, dataset, binding, slice, counts, new SeenKeys(), rejects, printer);
            var import = new Import(reader, open, classifier, slice, counts, options, publisher, null, null, NullLogger.Instance);
            await import.RunAsync(CancellationToken.None);
            (rejectedPath, errorsPath) = (rejects?.RejectedPath, rejects?.ErrorsPath);
        }

        return new ImportedFile(
            reader.Shape, [.. publisher.Parts.OfType<SlicePart>()], publisher.Parts.OfType<ClosingPart>().Single(), counts,
            printed.ToArray(), await BytesAsync(errorsPath), await BytesAsync(rejectedPath));
    }

    /// <summary>Asserts that every row has one fate, and that books, slices and printed rows all say the same.</summary>
    public void ShouldBalance(int rowsPerMessage)
    {
        Counts.RowsRead.ShouldBe(Counts.RowsSent + Counts.RowsRejected + Counts.RowsDuplicate);
        Rows.LongCount().ShouldBe(Counts.RowsSent, "rows that the consumer takes");
        Rejections.LongCount().ShouldBe(Counts.RowsRejected);
        DuplicateLines.LongCount().ShouldBe(Counts.RowsDuplicate);
        (Closing.RowsRead, Closing.Slices).ShouldBe((Counts.RowsRead, Slices.Count));

        var before = 0L;
        for (var i = 0; i < Slices.Count; i++)
        {
            (Slices[i].Number, Slices[i].RowsBefore).ShouldBe((i + 1, before));
            Slices[i].RowCount.ShouldBeLessThanOrEqualTo(rowsPerMessage);
            before += Slices[i].RowCount;
        }

        ShouldAscend(Rows.Select(row => row.Line));
        ShouldAscend(Rejections.Select(rejection => rejection.Line));
        ShouldAscend(DuplicateLines);
        ShouldAscend(Lines);
        PrintedRows().ShouldBe(Rows.Select(Sent));
    }

    /// <summary>Asserts that the rejects files are there where a row was refused, and that the errors file says what the slices say.</summary>
    public void ShouldExplainItsRejects()
    {
        (Errors.Length > 0, Rejected.Length > 0).ShouldBe((Counts.RowsRejected > 0, Counts.RowsRejected > 0));
        ErrorLines().ShouldBe(Refusals);
    }

    /// <summary>Everything but how the rows are cut into slices.</summary>
    public string Fates() => string.Join('\n',
        [.. Rows.Select(Sent), .. Refusals, .. Rejections.Select(rejection => rejection.Raw), .. DuplicateLines.Select(line => $"{line}")]);

    private IEnumerable<string> ErrorLines() => Errors.Length == 0
        ? []
        : ReadFile.From(Errors, ErrorsReading).Records.Select(record =>
        {
            record.RejectReason.ShouldBeNull($"line {record.Line} of the errors file");
            return $"{record.Values[0]} {record.Values[1]} {record.Values[2]}";
        });

    private IEnumerable<string> PrintedRows()
    {
        foreach (var line in System.Text.Encoding.UTF8.GetString(Printed).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            using var json = JsonDocument.Parse(line);
            var values = json.RootElement.GetProperty("values").EnumerateObject().Select(value => Said(value.Name, value.Value.GetString()));
            yield return $"{json.RootElement.GetProperty("line")} {string.Join('¦', values)}";
        }
    }

    private string Sent(Row row)
    {
        var columns = Slices[0].Dataset.Columns;
        var values = row.Values.Select((value, column) => Said(columns[column].Name, value));
        using var extra = JsonDocument.Parse(row.Extra ?? "{}");
        return $"{row.Line} {string.Join('¦', values.Concat(extra.RootElement.EnumerateObject().Select(value => Said(value.Name, value.Value.GetString()))))}";
    }

    private static string Said(string name, string? value) => $"{name}={value ?? "(absent)"}";

    private static IEnumerable<long> LinesOf(SlicePart slice) =>
        slice.Rows.Select(row => row.Line).Concat(slice.Rejections.Select(rejection => rejection.Line)).Concat(slice.DuplicateLines).Order();

    private static void ShouldAscend(IEnumerable<long> lines)
    {
        var last = 0L;
        foreach (var line in lines)
        {
            line.ShouldBeGreaterThan(last);
            last = line;
        }
    }

    private static async Task<byte[]> BytesAsync(string? path) => path is null ? [] : await File.ReadAllBytesAsync(path);
}
