using System.Text.Encodings.Web;
using System.Text.Json;
using CsvIngest.Store;
using Spectre.Console;

namespace CsvIngest.Consumer.Commands;

/// <summary>The books as <c>status</c> prints them.</summary>
internal static class StatusOutput
{
    /// <summary>How many rejected rows and duplicate lines are listed; a guess at what fits on a screen.</summary>
    private const int MaxLines = 20;

    private static readonly JsonSerializerOptions JsonOptions = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static string ToJson(IReadOnlyList<ImportBooks> books) => JsonSerializer.Serialize(
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
        JsonOptions);

    /// <summary>Writes a table of the imports, and the details of a single one.</summary>
    public static void WriteTable(IReadOnlyList<ImportBooks> books, ImportDetails? details)
    {
        var table = new Table().Border(TableBorder.Simple);
        table.AddColumns("import", "source", "dataset");
        foreach (var number in (string[])["read", "inserted", "duplicate", "rejected", "outstanding", "slices"])
        {
            table.AddColumn(new TableColumn(number).RightAligned());
        }

        table.AddColumn("state");
        foreach (var column in table.Columns)
        {
            column.NoWrap();
        }

        foreach (var book in books)
        {
            table.AddRow(
                Cell(book.ImportId), Cell(book.Source), Cell(book.Dataset),
                Cell(book.RowsRead), Cell(book.Inserted), Cell(book.Duplicate), Cell(book.Rejected), Cell(book.Outstanding),
                Cell($"{book.SlicesApplied}/{book.SlicesExpected?.ToString() ?? "?"}"), Cell(State(book)));
        }

        Write(table);
        foreach (var book in books.Where(book => book.MissingSlices.Count > 0))
        {
            Console.WriteLine($"{book.ImportId}: missing slices {string.Join(", ", book.MissingSlices.Select(Range))}"
                + " (still queued, being processed, or dead-lettered: see `consumer dead-letters list`)");
        }

        if (details is not null)
        {
            WriteDetails(details);
        }
    }

    /// <summary>Writes a table without cutting it to a narrow terminal, or to the 80 columns of a pipe, which would hide numbers.</summary>
    public static void Write(Table table)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings());
        console.Profile.Width = Math.Max(console.Profile.Width, 200);
        console.Write(table);
    }

    private static Text Cell(object value) => new(value.ToString()!);

    private static string Range((int First, int Last) range) =>
        range.First == range.Last ? $"{range.First}" : $"{range.First}-{range.Last}";

    private static string State(ImportBooks book) =>
        book.Complete ? "complete" : book.Closed ? "in progress" : "awaiting producer";

    private static void WriteDetails(ImportDetails details)
    {
        foreach (var rejection in details.Rejections.Take(MaxLines))
        {
            var column = rejection.Column.Length == 0 ? string.Empty : $", column \"{rejection.Column}\"";
            Console.WriteLine($"rejected: line {rejection.Line}{column}: {rejection.Code}: {rejection.Reason}");
        }

        WriteRest(details.Rejections.Count, "rejected rows; the table rejected_rows contains all");
        if (details.DuplicateLines.Count > 0)
        {
            Console.WriteLine($"duplicate lines: {string.Join(", ", details.DuplicateLines.Take(MaxLines))}");
            WriteRest(details.DuplicateLines.Count, "duplicate lines; the table import_slices contains all");
        }
    }

    private static void WriteRest(int count, string what)
    {
        if (count > MaxLines)
        {
            Console.WriteLine($"… and {count - MaxLines} more {what}.");
        }
    }
}
