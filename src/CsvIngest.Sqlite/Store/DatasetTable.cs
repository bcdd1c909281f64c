using CsvIngest.Datasets;

namespace CsvIngest.Sqlite;

/// <summary>The SQL of a dataset's table.</summary>
/// <remarks>
/// How the types stand: integers and booleans (0 and 1) as INTEGER; all else as TEXT in canonical form. Decimals too, for
/// SQLite's REAL would round them; write <c>CAST("amount" AS REAL)</c> to calculate with them.
/// </remarks>
internal static class DatasetTable
{
    public static string Quote(string identifier) => $"\"{identifier.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>
    /// The columns that are inserted into, in the order of the parameters; <c>created_at</c> is the table's own affair.
    /// </summary>
    public static IReadOnlyList<string> ColumnNames(Dataset dataset) =>
    [
        .. dataset.Columns.Select(column => column.Name),
        .. dataset.ExtraColumns is null ? Array.Empty<string>() : [dataset.ExtraColumns],
        "import_id",
        "line",
    ];

    /// <summary>Inserts one row, unless its key is there; the parameters are <c>$0</c>, <c>$1</c>, …</summary>
    public static string Insert(Dataset dataset)
    {
        var names = ColumnNames(dataset);
        // OR ABORT: a constraint that the table declares with ON CONFLICT ROLLBACK, IGNORE or REPLACE still only refuses its row.
        return $"INSERT OR ABORT INTO {Quote(dataset.Table)} ({string.Join(", ", names.Select(Quote))}) "
            + $"VALUES ({string.Join(", ", names.Select((_, i) => $"${i}"))})"
            + (dataset.Key is null ? "" : $" ON CONFLICT ({Quote(dataset.Key)}) DO NOTHING");
    }

    /// <summary>Makes the table.</summary>
    public static string Create(Dataset dataset)
    {
        var extra = dataset.ExtraColumns is null ? "" : $"{Quote(dataset.ExtraColumns)} TEXT,\n    ";
        return $"""
            CREATE TABLE {Quote(dataset.Table)} (
                {string.Join(",\n    ", dataset.Columns.Select(column => Definition(column, column.Name == dataset.Key)))},
                {extra}import_id TEXT NOT NULL,
                line INTEGER NOT NULL,
                created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
            )
            """;
    }

    // The key is UNIQUE and not PRIMARY KEY: an INTEGER PRIMARY KEY would make up a value where none is given.
    // A column's type is only a hint to SQLite, hence the checks.
    private static string Definition(Column column, bool isKey)
    {
        var name = Quote(column.Name);
        var type = column.Type switch
        {
            ColumnType.Integer => $"{name} INTEGER CHECK (typeof({name}) IN ('integer', 'null'))",
            ColumnType.Boolean => $"{name} INTEGER CHECK ({name} IN (0, 1))",
            _ => $"{name} TEXT",
        };
        return type + (column.Required || isKey ? " NOT NULL" : "") + (isKey ? " UNIQUE" : "");
    }
}
