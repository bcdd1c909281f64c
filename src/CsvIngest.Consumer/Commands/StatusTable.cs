using CsvIngest.Store;
using Spectre.Console;

namespace CsvIngest.Consumer.Commands;

/// <summary>The books as <c>status</c> shows them to people.</summary>
internal static class StatusTable
{
    /// <summary>How many single lines are listed; a guess at what fits a screen. <c>rejected_rows</c> has all.</summary>
    private const int MaxLines = 20;

    public static void Write(IReadOnlyList<ImportBooks> books, ImportDetails? details)
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
                Text(book.ImportId.ToString()), Text(book.Source), Text(book.Dataset),
                Text(book.RowsRead), Text(book.Inserted), Text(book.Duplicate), Text(book.Rejected), Text(book.Outstanding),
                Text($"{book.SlicesApplied}/{book.SlicesExpected?.ToString() ?? "?"}"), Text(State(book)));
        }

        // A table that is cut to a narrow terminal, or to the 80 columns of a pipe, would hide numbers.
        var console = AnsiConsole.Create(new AnsiConsoleSettings());
        console.Profile.Width = Math.Max(console.Profile.Width, 200);
        console.Write(table);
        foreach (var book in books.Where(book => book.MissingSlices.Count > 0))
        {
            Console.WriteLine($"{book.ImportId}: missing slices {string.Join(", ", book.MissingSlices.Select(Range))}"
                + " (in the queue, in a consumer's hand, or in the dead-letter queue: consumer dead-letters list)");
        }

        if (details is not null)
        {
            WriteDetails(details);
        }
    }

    private static Text Text(object value) => new(value.ToString()!);

    private static string Range((int First, int Last) range) =>
        range.First == range.Last ? $"{range.First}" : $"{range.First}-{range.Last}";

    private static string State(ImportBooks book) =>
        book.Complete ? "complete" : book.Closed ? "under way" : "producer unfinished";

    private static void WriteDetails(ImportDetails details)
    {
        foreach (var rejection in details.Rejections.Take(MaxLines))
        {
            var column = rejection.Column.Length == 0 ? string.Empty : $", column \"{rejection.Column}\"";
            Console.WriteLine($"rejected: line {rejection.Line}{column}: {rejection.Code}: {rejection.Reason}");
        }

        WriteRest(details.Rejections.Count, "rejected rows; the table rejected_rows has all");
        if (details.DuplicateLines.Count > 0)
        {
            Console.WriteLine($"duplicate lines: {string.Join(", ", details.DuplicateLines.Take(MaxLines))}");
            WriteRest(details.DuplicateLines.Count, "duplicate lines; the table import_slices has all");
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
