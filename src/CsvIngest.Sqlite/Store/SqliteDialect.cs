using System.Data.Common;
using CsvIngest.Datasets;
using CsvIngest.Store;
using Microsoft.Data.Sqlite;

namespace CsvIngest.Sqlite;

/// <summary>How an SQLite file is migrated. The write lock of each transaction keeps others from migrating at the same time.</summary>
internal sealed class SqliteDialect(string path) : MigrationDialect
{
    /// <inheritdoc/>
    public override string Database => $"SQLite file {path}";

    /// <inheritdoc/>
    public override string NextStep => "Run `consumer migrate`.";

    /// <inheritdoc/>
    public override string CreateJournal =>
        $"""
        CREATE TABLE IF NOT EXISTS {MigrationRunner.Journal} (
            name TEXT NOT NULL PRIMARY KEY, hash TEXT NOT NULL, applied_at TEXT NOT NULL)
        """;

    /// <inheritdoc/>
    public override string AddToJournal =>
        $"""
        INSERT INTO {MigrationRunner.Journal} (name, hash, applied_at)
        VALUES (@name, @hash, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
        """;

    /// <inheritdoc/>
    public override string CountTables =>
        "SELECT count(*) FROM sqlite_master WHERE type IN ('table', 'view') AND lower(name) = lower(@table)";

    /// <inheritdoc/>
    public override string ListColumns => "SELECT name FROM pragma_table_info(@table)";

    /// <inheritdoc/>
    public override StringComparer ColumnNames => StringComparer.OrdinalIgnoreCase;

    /// <inheritdoc/>
    public override string CreateTable(Dataset dataset) => DatasetTable.Create(dataset);

    /// <inheritdoc/>
    public override string AddColumn(Dataset dataset, string column) => DatasetTable.AddColumn(dataset, column);

    /// <inheritdoc/>
    public override Task<T> InTransactionAsync<T>(
        DbConnection connection, Func<Task<T>> work, CancellationToken cancellationToken) =>
        ((SqliteConnection)connection).WriteAsync(SqliteFile.LockTimeout, work);
}
