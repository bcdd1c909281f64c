using CsvIngest.Datasets;
using CsvIngest.Store;
using CsvIngest.Values;
using Microsoft.Data.Sqlite;

namespace CsvIngest.Sqlite;

/// <summary>The table of a dataset: its SQL, and the check that it fits.</summary>
/// <remarks>
/// Integers and booleans (0 and 1) are stored as INTEGER, all other types as TEXT in canonical form. That includes decimals,
/// which REAL would round; use <c>CAST("amount" AS REAL)</c> to calculate with them.
/// </remarks>
internal static class DatasetTable
{
    private const string NextStep = "Change the table, or name another one in the dataset.";
    private const string AddColumns =
        "Run `consumer migrate --add-columns` with the same --database and --datasets, or name another table in the dataset.";

    /// <summary>Inserts one row, unless its key is in the table; the parameters are <c>$0</c>, <c>$1</c>, …</summary>
    public static string Insert(Dataset dataset)
    {
        // The table fills in created_at itself.
        var names = dataset.TableColumns;
        // OR ABORT overrides a constraint that the table declares with ON CONFLICT ROLLBACK, IGNORE or REPLACE: it rejects only its row.
        return $"INSERT OR ABORT INTO {Quote(dataset.Table)} ({string.Join(", ", names.Select(Quote))}) "
            + $"VALUES ({string.Join(", ", names.Select((_, i) => $"${i}"))})"
            + (dataset.Key is null ? "" : $" ON CONFLICT ({Quote(dataset.Key)}) DO NOTHING");
    }

    /// <summary>
    /// Removes the rows of the import <c>$import</c> from line <c>$first</c> to line <c>$last</c>. Returns for each row, for each of the
    /// definitions, by which value and what it was added up.
    /// </summary>
    public static string Remove(Dataset dataset, IReadOnlyList<TotalDefinition> definitions)
    {
        var returned = definitions.SelectMany(definition => (string[])[Quote(definition.By), Quote(definition.Sum)]).DefaultIfEmpty("NULL");
        return $"DELETE FROM {Quote(dataset.Table)} WHERE import_id = $import AND line BETWEEN $first AND $last"
            + $" RETURNING {string.Join(", ", returned)}";
    }

    /// <summary>Creates the table.</summary>
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

    /// <summary>Adds one of <see cref="Dataset.TableColumns"/> to the table.</summary>
    public static string AddColumn(Dataset dataset, string name)
    {
        var definition = dataset.Columns.FirstOrDefault(column => column.Name == name) is { } column
            ? Definition(column)
            : $"{Quote(name)} {(name == "line" ? "INTEGER" : "TEXT")}";
        return $"ALTER TABLE {Quote(dataset.Table)} ADD COLUMN {definition}";
    }

    /// <summary>Checks that the rows of a dataset can be inserted.</summary>
    /// <exception cref="DeniedException">They cannot: the message names what was found and what is expected.</exception>
    public static async Task CheckAsync(
        SqliteConnection connection, MigrationRunner migrations, string path, Dataset dataset, CancellationToken cancellationToken)
    {
        var table = $"Table {dataset.Table} of dataset {dataset.Name} in SQLite file {path}";
        if (!await migrations.TableExistsAsync(dataset.Table, cancellationToken))
        {
            throw new DeniedException($"{table} does not exist. Run `consumer migrate`.");
        }

        var found = await migrations.ReadColumnsAsync(dataset.Table, cancellationToken);
        var missing = migrations.MissingColumns(dataset, found);
        if (missing.Count > 0)
        {
            throw new DeniedException(
                $"{table} has the columns {string.Join(", ", found)}; missing: {string.Join(", ", missing)}. "
                + (missing.Contains(dataset.Key) ? NextStep : AddColumns));
        }

        EnsureInsertable(connection, table, dataset);
    }

    // Only SQLite itself knows whether ON CONFLICT can use an index (its columns, collation, condition), so it prepares the statement.
    private static void EnsureInsertable(SqliteConnection connection, string table, Dataset dataset)
    {
        try
        {
            using var inserter = new RowInserter(connection, dataset);
        }
        catch (SqliteException failure) when (!failure.IsTransientFailure())
        {
            throw new DeniedException(
                $"{table} needs a unique index on exactly column {dataset.Key}, not partial. SQLite reports: {FailureReason.Of(failure)} {NextStep}",
                failure);
        }
    }

    // The key is UNIQUE and not PRIMARY KEY: an INTEGER PRIMARY KEY would generate a value where there is none.
    private static string Definition(Column column, bool isKey) =>
        Definition(column) + (column.Required || isKey ? " NOT NULL" : "") + (isKey ? " UNIQUE" : "");

    // SQLite does not enforce the type of a column, hence the checks.
    private static string Definition(Column column)
    {
        var name = Quote(column.Name);
        return column.Type switch
        {
            ColumnType.Integer => $"{name} INTEGER CHECK (typeof({name}) IN ('integer', 'null'))",
            ColumnType.Boolean => $"{name} INTEGER CHECK ({name} IN (0, 1))",
            _ => $"{name} TEXT",
        };
    }

    private static string Quote(string name) => SqlIdentifier.Quote(name);
}
