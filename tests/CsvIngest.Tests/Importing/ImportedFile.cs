using System.Runtime.ExceptionServices;
using System.Text.Json;
using CsvIngest.Datasets;
using CsvIngest.Importing;
using CsvIngest.Importing.Detection;
using CsvIngest.Importing.Sources;
using CsvIngest.Producer.Reporting;
using CsvIngest.Store;
using CsvIngest.Tests.Reading;
using CsvIngest.Values;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;

namespace CsvIngest.Tests.Importing;

/// <summary>What became of a file that was imported in this process, up to the consumer's side.</summary>
internal sealed record ImportedFile(
    ImportResult Result, IReadOnlyList<SlicePart> Slices, ClosingPart Closing, byte[] Printed, byte[] Errors, byte[] Rejected)
{
    // The errors file is written by the import itself: nothing about it is to be detected.
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
    public IEnumerable<string> RejectReasons => Rejections.Select(rejection => $"{rejection.Line} {rejection.Column} {rejection.Code}");

    /// <summary>The lines of all rows, in order.</summary>
    public IEnumerable<long> Lines => Slices.SelectMany(LinesOf);

    /// <summary>Imports contacts.</summary>
    /// <param name="bytes">The file.</param>
    /// <param name="reading">How to read it.</param>
    /// <param name="rowsPerMessage">How many rows make a slice.</param>
    /// <param name="rejects">Where the rejects files go; null for none, which spares the disk.</param>
    public static Task<ImportedFile> FromAsync(byte[] bytes, ReadingOptions reading, int rowsPerMessage = 200, string? rejects = null) =>
        FromAsync(
            Source.FromStream("f.csv", () => new MemoryStream(bytes)),
            new ImportOptions { Slices = new() { Reading = reading, RowsPerMessage = rowsPerMessage }, RejectsFolder = rejects },
            DatasetCatalog.Contacts);

    /// <summary>Imports a source.</summary>
    /// <exception cref="Exception">Whatever ended the import early.</exception>
    public static async Task<ImportedFile> FromAsync(Source source, ImportOptions options, Dataset dataset)
    {
        var printed = new MemoryStream();
        await using var publisher = new DecodingPublisher(dataset);
        await using var destination = new ImportDestination(publisher, "this process", "queue");
        ImportResult result;
        using (var reporter = new ImportReporter(source.Name, printed, NullLogger.Instance))
        {
            result = await new Importer(_ => dataset, destination).ImportAsync(source, options, reporter, CancellationToken.None);
        }

        if (result.Failure is { } failure)
        {
            ExceptionDispatchInfo.Throw(failure);
        }

        return new ImportedFile(
            result, [.. publisher.Parts.OfType<SlicePart>()], publisher.Parts.OfType<ClosingPart>().Single(),
            printed.ToArray(), await BytesAsync(result.ErrorsPath), await BytesAsync(result.RejectedPath));
    }

    /// <summary>Asserts that every row has one fate, and that counts, slices and printed rows agree.</summary>
    public void ShouldBalance(int rowsPerMessage)
    {
        Result.RowsRead.ShouldBe(Result.RowsSent + Result.RowsRejected + Result.RowsDuplicate);
        Rows.LongCount().ShouldBe(Result.RowsSent, "rows that the consumer decodes");
        Rejections.LongCount().ShouldBe(Result.RowsRejected);
        DuplicateLines.LongCount().ShouldBe(Result.RowsDuplicate);
        (Closing.RowsRead, Closing.Slices).ShouldBe((Result.RowsRead, Slices.Count));

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

    /// <summary>Asserts that the rejects files are there if a row was rejected, and that the errors file agrees with the slices.</summary>
    public void ShouldExplainItsRejects()
    {
        (Errors.Length > 0, Rejected.Length > 0).ShouldBe((Result.RowsRejected > 0, Result.RowsRejected > 0));
        ErrorLines().ShouldBe(RejectReasons);
    }

    /// <summary>
    /// Whether the rejected records may be something else where other lines follow them, as in the rejects file: docs/reading.md,
    /// "Importing the rejects file".
    /// </summary>
    /// <param name="quote">The quote of the file; null if it has none.</param>
    public bool RejectsDependOnWhatFollows(string? quote) =>
        Rejections.Any(rejection => rejection.Code == RejectCodes.UnbalancedQuote || HasQuoteAfter(rejection.Raw, quote))
        || Rejections.Last().Raw.TrimEnd('\r', '\n').EndsWith('\u001A');

    /// <summary>Everything but how the rows are cut into slices.</summary>
    public string Fates() => string.Join('\n',
        [.. Rows.Select(Sent), .. RejectReasons, .. Rejections.Select(rejection => rejection.Raw), .. DuplicateLines.Select(line => $"{line}")]);

    private static bool HasQuoteAfter(string raw, string? quote) =>
        quote is not null && " \t=".Any(before => raw.Contains(before + quote, StringComparison.Ordinal));

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
            var values = json.RootElement.GetProperty("values").EnumerateObject().Select(value => Show(value.Name, value.Value.GetString()));
            yield return $"{json.RootElement.GetProperty("line")} {string.Join('¦', values)}";
        }
    }

    private string Sent(Row row)
    {
        var columns = Slices[0].Dataset.Columns;
        var values = row.Texts().Select((value, column) => Show(columns[column].Name, value));
        using var extra = JsonDocument.Parse(row.ExtraText() ?? "{}");
        return $"{row.Line} {string.Join('¦', values.Concat(extra.RootElement.EnumerateObject().Select(value => Show(value.Name, value.Value.GetString()))))}";
    }

    private static string Show(string name, string? value) => $"{name}={value ?? "(absent)"}";

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
