using CsvIngest.Datasets;
using Dapper;
using Npgsql;

namespace CsvIngest.Postgres;

/// <summary>Looks at the table of a dataset, found as an unqualified name is found in any statement.</summary>
internal static class DatasetTable
{
    private const string Columns =
        "SELECT attname::text FROM pg_attribute WHERE attrelid = to_regclass(@table) AND attnum > 0 AND NOT attisdropped";

    // What ON CONFLICT (key) can use: unique, immediate, whole, valid, on exactly that column.
    private const string KeyIndexes =
        """
        SELECT count(*) FROM pg_index i
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
        WHERE i.indrelid = to_regclass(@table) AND i.indisunique AND i.indimmediate AND i.indisvalid
            AND i.indpred IS NULL AND i.indexprs IS NULL AND i.indnkeyatts = 1 AND a.attname = @key
        """;

    private const string UniqueIndexes =
        """
        SELECT pg_get_indexdef(indexrelid) FROM pg_index
        WHERE indrelid = to_regclass(@table) AND indisunique ORDER BY indexrelid
        """;

    /// <summary>Whether there is one.</summary>
    public static Task<bool> ExistsAsync(NpgsqlConnection connection, Dataset dataset, CancellationToken cancellationToken) =>
        connection.ExecuteScalarAsync<bool>(Command("SELECT to_regclass(@table) IS NOT NULL", dataset, cancellationToken));

    /// <summary>Checks that the rows of a dataset can go in.</summary>
    /// <exception cref="DeniedException">Names found and wanted.</exception>
    public static async Task CheckAsync(
        NpgsqlConnection connection, string address, Dataset dataset, CancellationToken cancellationToken)
    {
        var table = $"Table \"{dataset.Table}\" of dataset {dataset.Name} in {address}";
        if (!await ExistsAsync(connection, dataset, cancellationToken))
        {
            throw new DeniedException($"{table} does not exist. Run `consumer migrate` with the same --database and --datasets.");
        }

        var found = (await connection.QueryAsync<string>(Command(Columns, dataset, cancellationToken))).ToList();
        string[] extra = dataset.ExtraColumns is { } name ? [name] : [];
        var missing = dataset.Columns.Select(column => column.Name).Concat(extra).Concat(["import_id", "line"]).Except(found).ToList();
        if (missing.Count > 0)
        {
            throw new DeniedException(
                $"{table} has the columns {string.Join(", ", found)}; it lacks {string.Join(", ", missing)}. "
                + "Add them, or name another table in the dataset: `consumer migrate` makes missing tables only.");
        }

        if (dataset.Key is not null
            && await connection.ExecuteScalarAsync<long>(Command(KeyIndexes, dataset, cancellationToken)) == 0)
        {
            var indexes = (await connection.QueryAsync<string>(Command(UniqueIndexes, dataset, cancellationToken))).ToList();
            throw new DeniedException(
                $"{table} needs a unique index on exactly {Sql.Quote(dataset.Key)}, neither partial nor deferrable; found "
                + $"{(indexes.Count == 0 ? "no unique index" : string.Join("; ", indexes))}. Add it, or name another table in the "
                + "dataset: `consumer migrate` makes missing tables only.");
        }

        await PlanInsertAsync(connection, dataset, cancellationToken);
    }

    // The server itself says whether the types fit and we may insert: it plans the statement and runs nothing.
    private static async Task PlanInsertAsync(NpgsqlConnection connection, Dataset dataset, CancellationToken cancellationToken)
    {
        await using var plan = RowInsert.CommandFor(dataset, [], connection, transaction: null);
        plan.CommandText = "EXPLAIN " + plan.CommandText;
        await plan.ExecuteNonQueryAsync(cancellationToken);
    }

    private static CommandDefinition Command(string sql, Dataset dataset, CancellationToken cancellationToken) =>
        new(sql, new { table = Sql.Quote(dataset.Table), key = dataset.Key }, cancellationToken: cancellationToken);
}
