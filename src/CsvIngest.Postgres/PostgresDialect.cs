using System.Data.Common;
using CsvIngest.Datasets;
using CsvIngest.Store;

namespace CsvIngest.Postgres;

/// <summary>How PostgreSQL is migrated.</summary>
/// <param name="address">The database, without password.</param>
internal sealed class PostgresDialect(string address) : MigrationDialect
{
    // Not even CREATE TABLE IF NOT EXISTS can run twice at the same time. Any number will do that no other program locks; these
    // are the bytes of "csvingst".
    private const long LockKey = 0x637376696e677374;

    /// <inheritdoc/>
    public override string Database => $"Database {address}";

    /// <inheritdoc/>
    public override string NextStep => "Run `consumer migrate` with the same --database.";

    /// <inheritdoc/>
    public override string Lock => $"SELECT pg_advisory_lock({LockKey})";

    /// <inheritdoc/>
    public override string Unlock => $"SELECT pg_advisory_unlock({LockKey})";

    /// <inheritdoc/>
    public override string CreateJournal =>
        $"""
        CREATE TABLE IF NOT EXISTS {MigrationRunner.Journal} (
            name text PRIMARY KEY, hash text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())
        """;

    /// <inheritdoc/>
    public override string AddToJournal => $"INSERT INTO {MigrationRunner.Journal} (name, hash) VALUES (@name, @hash)";

    /// <inheritdoc/>
    /// <remarks>Searches the search path, as a statement does for an unqualified name.</remarks>
    public override string CountTables => "SELECT count(to_regclass(quote_ident(@table)))";

    /// <inheritdoc/>
    public override string ListColumns =>
        """
        SELECT attname::text FROM pg_attribute
        WHERE attrelid = to_regclass(quote_ident(@table)) AND attnum > 0 AND NOT attisdropped ORDER BY attnum
        """;

    /// <inheritdoc/>
    public override string CreateTable(Dataset dataset) => Sql.CreateTable(dataset);

    /// <inheritdoc/>
    public override string AddColumn(Dataset dataset, string column) => Sql.AddColumn(dataset, column);

    /// <inheritdoc/>
    public override async Task<T> InTransactionAsync<T>(
        DbConnection connection, Func<Task<T>> work, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var result = await work();
        await transaction.CommitAsync(cancellationToken);
        return result;
    }
}
