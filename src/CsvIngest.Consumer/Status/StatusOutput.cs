using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using CsvIngest.Consumer.Display;
using CsvIngest.Messages;
using CsvIngest.Store;

namespace CsvIngest.Consumer.Status;

/// <summary>Writes books as text and as JSON.</summary>
internal static class StatusOutput
{
    /// <summary>How many imports, rejected rows and duplicate lines are listed unless all are wanted; a guess at what fits on a screen.</summary>
    public const int MaxLines = 20;

    /// <summary>After how many bytes the JSON is written out, so that it needs no more memory, whatever its size.</summary>
    private const int FlushBytes = 16 * 1024;

    private static readonly JsonWriterOptions JsonWriting = new() { Indented = true, Encoder = DisplayJson.Encoder };

    /// <summary>Writes a JSON array of the books. The names are part of the program's interface.</summary>
    /// <param name="output">Where to; the caller closes it.</param>
    /// <param name="books">The books.</param>
    /// <param name="lengths">The messages at the broker, which decide the status of each import; null if it could not be asked.</param>
    /// <param name="rows">The rejected and duplicate rows of the only import in the books; null to write none.</param>
    /// <param name="cancellationToken">Ends the writing.</param>
    public static async Task WriteJsonAsync(
        Stream output, IReadOnlyList<ImportBooks> books, QueueLengths? lengths, ImportRows? rows, CancellationToken cancellationToken)
    {
        await using (var json = new Utf8JsonWriter(output, JsonWriting))
        {
            json.WriteStartArray();
            foreach (var book in books)
            {
                json.WriteStartObject();
                WriteBook(json, book, lengths);
                if (rows is not null)
                {
                    await WriteArrayAsync(json, "rejections", rows.Rejections, WriteRejection, cancellationToken);
                    await WriteArrayAsync(json, "duplicateLines", rows.DuplicateLines, (writer, line) => writer.WriteNumberValue(line), cancellationToken);
                }

                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        output.WriteByte((byte)'\n');
    }

    /// <summary>Writes a table of the imports, and which slices they lack.</summary>
    /// <param name="books">The imports.</param>
    /// <param name="lengths">The messages at the broker, which decide the status of each import; null if it could not be asked.</param>
    public static void WriteTable(IReadOnlyList<ImportBooks> books, QueueLengths? lengths)
    {
        var table = new TextTable(
            new("import") { IsHeading = true },
            new("source") { IsHeading = true, IsVariable = true },
            new("dataset") { IsHeading = true },
            new("started") { IsHeading = true },
            new("duration") { IsHeading = true },
            new("by") { IsHeading = true, IsVariable = true },
            new("read") { IsNumber = true },
            new("inserted") { IsNumber = true },
            new("duplicate") { IsNumber = true },
            new("rejected") { IsNumber = true },
            new("outstanding") { IsNumber = true },
            new("slices") { IsNumber = true, IsOptional = true },
            new("rows/s") { IsNumber = true, IsOptional = true },
            new("state") { IsHeading = true });
        foreach (var book in books)
        {
            table.AddRow(
                $"{book.ImportId}", book.Source, book.Dataset,
                book.BeganAt.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture),
                DurationText.Of(book.Duration), Author(book.Origin),
                $"{book.RowsRead}", $"{book.Inserted}", $"{book.Duplicate}", $"{book.Rejected}", $"{book.Outstanding}",
                $"{book.SlicesApplied}/{book.SlicesExpected?.ToString() ?? "?"}",
                $"{ImportPace.Of(book).RowsPerSecond:0}", ImportPace.Describe(book, lengths));
        }

        Terminal.Write(table);
        foreach (var book in books.Where(book => book.MissingSlices.Count > 0))
        {
            Terminal.WriteLine($"{book.ImportId}: missing {MissingSlices(book)}");
        }
    }

    /// <summary>Names the slices that an import lacks, and where they may be.</summary>
    public static string MissingSlices(ImportBooks books) =>
        $"slices {string.Join(", ", books.MissingSlices.Select(Range))}"
        + " (queued, being processed, dead-lettered, or lost; `consumer dead-letters list` shows dead letters, and importing the file again restores lost rows)";

    /// <summary>Says that the database has no import with the ID that was asked for.</summary>
    public static string NoSuchImport(IStore store, ImportSelector selector) =>
        $"{store.DisplayAddress} contains no import {selector}; `consumer status` lists all imports.";

    /// <summary>Writes the rejected and duplicate rows of an import as they arrive, and how many more there are.</summary>
    /// <param name="books">The import.</param>
    /// <param name="rows">Its rows, up to the limit.</param>
    /// <param name="limit">How many rows of each kind are written at most; null for all.</param>
    public static async Task WriteRowsAsync(ImportBooks books, ImportRows rows, int? limit)
    {
        await foreach (var rejection in rows.Rejections)
        {
            var column = rejection.Column.Length == 0 ? string.Empty : $", column \"{DisplayText.OneLine(rejection.Column)}\"";
            Terminal.WriteLine($"rejected: line {rejection.Line}{column}: {rejection.Code}: {DisplayText.OneLine(rejection.Reason)}");
        }

        WriteRest(books.Rejected, limit, "more rejected row");
        var used = 0;
        await foreach (var line in rows.DuplicateLines)
        {
            var text = used == 0 ? $"duplicate lines: {line}" : $", {line}";
            if (used > 0 && used + text.Length >= Terminal.Width)
            {
                Console.WriteLine(",");
                (text, used) = ($"{line}", 0);
            }

            Console.Write(text);
            used += text.Length;
        }

        if (books.Duplicate > 0)
        {
            Console.WriteLine();
            WriteRest(books.Duplicate, limit, "more duplicate line");
        }
    }

    private static string Range((int First, int Last) range) =>
        range.First == range.Last ? $"{range.First}" : $"{range.First}-{range.Last}";

    private static string Author(ImportOrigin? origin) =>
        (origin?.User, origin?.Host) switch
        {
            (null, null) => "",
            ({ } user, { } host) => $"{user}@{host}",
            var (user, host) => user ?? $"@{host}",
        };

    private static void WriteBook(Utf8JsonWriter json, ImportBooks book, QueueLengths? lengths)
    {
        var properties = JsonSerializer.SerializeToElement(ImportReport.Of(book, lengths), ReportJson.Default.ImportReport);
        foreach (var property in properties.EnumerateObject())
        {
            property.WriteTo(json);
        }
    }

    private static void WriteRejection(Utf8JsonWriter json, Rejection rejection)
    {
        json.WriteStartObject();
        json.WriteNumber("line", rejection.Line);
        json.WriteString("column", rejection.Column);
        json.WriteString("code", rejection.Code);
        json.WriteString("reason", rejection.Reason);
        json.WriteEndObject();
    }

    private static async Task WriteArrayAsync<T>(
        Utf8JsonWriter json, string name, IAsyncEnumerable<T> values, Action<Utf8JsonWriter, T> write, CancellationToken cancellationToken)
    {
        json.WriteStartArray(name);
        await foreach (var value in values)
        {
            write(json, value);
            if (json.BytesPending > FlushBytes)
            {
                await json.FlushAsync(cancellationToken);
            }
        }

        json.WriteEndArray();
    }

    private static void WriteRest(long count, int? limit, string noun)
    {
        if (count > limit)
        {
            Terminal.WriteLine($"… and {Quantity.Of(count - limit.Value, noun)}; --all lists them.");
        }
    }
}

/// <summary>The rows of an import that were not inserted, read as they are enumerated.</summary>
/// <param name="Rejections">Rejected rows, by line.</param>
/// <param name="DuplicateLines">Lines of duplicate rows, ascending.</param>
internal sealed record ImportRows(IAsyncEnumerable<Rejection> Rejections, IAsyncEnumerable<long> DuplicateLines);

/// <summary>Writes an <see cref="ImportReport"/>.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(ImportReport))]
internal sealed partial class ReportJson : JsonSerializerContext;
