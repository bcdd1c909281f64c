using System.Text.Encodings.Web;
using System.Text.Json;
using CsvIngest.Store;

namespace CsvIngest.Consumer.Commands;

/// <summary>The books as <c>status --json</c> prints them.</summary>
internal static class StatusJson
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static string Of(IReadOnlyList<ImportBooks> books) => JsonSerializer.Serialize(
        books.Select(book => new
        {
            Import = book.ImportId,
            book.Source,
            book.Dataset,
            book.RowsRead,
            book.Inserted,
            book.Duplicate,
            book.Rejected,
            book.Outstanding,
            book.SlicesApplied,
            book.SlicesExpected,
            book.Closed,
            book.Complete,
            MissingSlices = book.MissingSlices.Select(range => new { range.First, range.Last }),
        }),
        Options);
}
