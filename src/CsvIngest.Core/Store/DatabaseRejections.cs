using CsvIngest.Values;

namespace CsvIngest.Store;

/// <summary>Rejections that a database makes.</summary>
public static class DatabaseRejections
{
    /// <summary>
    /// The rejection of a row that the database refused. The record as it stood is gone by then: its canonical values, as a
    /// CSV record with the extra columns' JSON last, stand in for it.
    /// </summary>
    /// <param name="reason">The database's reason, without row values.</param>
    public static Rejection ToRejection(this Row row, string reason)
    {
        var values = row.Extra is null ? row.Values : row.Values.Append(row.Extra);
        return new Rejection(row.Line, "", RejectCodes.DatabaseRejected, reason, string.Join(',', values.Select(Field)));
    }

    private static string Field(string? value)
    {
        var text = (value ?? "").Replace("\0", @"\x00", StringComparison.Ordinal);
        return text.AsSpan().IndexOfAny(",\"\r\n") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }
}
