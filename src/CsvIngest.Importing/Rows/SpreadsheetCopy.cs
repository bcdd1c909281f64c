using System.Text;
using CsvIngest.Importing.Detection;

namespace CsvIngest.Importing.Rows;

/// <summary>
/// Copies a CSV file for spreadsheet programs, which take a cell such as <c>=HYPERLINK(…)</c> for a formula, whoever wrote it. The copy is
/// UTF-8 with commas; every cell is quoted, and one that could be a formula begins with an apostrophe. It is for looking at: to import rejected
/// rows again, use the file itself.
/// </summary>
public static class SpreadsheetCopy
{
    private const int BufferBytes = 64 * 1024;

    /// <summary>Copies a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="reading">How it is read, as far as that is not to be detected.</param>
    /// <param name="output">Where to; the caller closes it.</param>
    /// <param name="cancellationToken">Ends the copying.</param>
    /// <exception cref="IOException">The file cannot be read, or the copy not be written.</exception>
    /// <exception cref="UnusableFileException">The file is not a CSV file.</exception>
    public static async Task WriteAsync(string path, ReadingOptions reading, Stream output, CancellationToken cancellationToken)
    {
        await using var input = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = RecordReader.Open(input, reading with { HashPrefix = false }, _ => { });
        // Spreadsheet programs take a file for UTF-8 only if it says so.
        var copy = new StringBuilder("\uFEFF");
        AppendRow(copy, reader.Shape.Names);
        while (reader.Read())
        {
            AppendRow(copy, CellsOf(reader));
            if (copy.Length > BufferBytes)
            {
                await FlushAsync(copy, output, cancellationToken);
            }
        }

        await FlushAsync(copy, output, cancellationToken);
    }

    /// <summary>A cell that no spreadsheet program takes for a formula.</summary>
    public static string Neutralize(string cell) => cell is ['=' or '+' or '-' or '@' or '\t' or '\r' or '\n' or '＝' or '＋' or '－' or '＠', ..] ? "'" + cell : cell;

    // A record that cannot be told apart into fields is a cell of its own.
    private static List<string> CellsOf(RecordReader reader) => reader.RejectReason is null
        ? Enumerable.Range(0, reader.FieldCount).Select(index => Encoding.UTF8.GetString(reader.Field(index))).ToList()
        : [Encoding.UTF8.GetString(reader.Raw).TrimEnd('\r', '\n')];

    private static void AppendRow(StringBuilder copy, IEnumerable<string> cells) => copy
        .AppendJoin(',', cells.Select(cell => $"\"{Neutralize(cell).Replace("\"", "\"\"", StringComparison.Ordinal)}\""))
        .Append("\r\n");

    private static async Task FlushAsync(StringBuilder copy, Stream output, CancellationToken cancellationToken)
    {
        await output.WriteAsync(Encoding.UTF8.GetBytes(copy.ToString()), cancellationToken);
        copy.Clear();
    }
}
