using CsvIngest.Datasets;
using CsvIngest.Store;
using Dapper;
using Npgsql;

namespace CsvIngest.Postgres;

/// <summary>Checks the table of a dataset, which is found along the search path as in any statement.</summary>
internal static class DatasetTable
{
    private const string NextStep = "Change the table, or name another one in the dataset.";
    private const string AddColumns =
        "Run `consumer migrate --add-columns` with the same --database and --datasets, or name another table in the dataset.";

    // ON CONFLICT (key) needs such an index, on exactly that column.
    private const string IsKeyIndex =
        "i.indisunique AND i.indimmediate AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL AND i.indnkeyatts = 1";

    private const string KeyIndexes =
        $"""
        SELECT count(*) FROM pg_index i
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
        WHERE i.indrelid = to_regclass(@table) AND {IsKeyIndex} AND a.attname = @key
        """;

    // Columns that an INSERT of a row of the dataset would leave empty. A trigger may fill them.
    private const string UnfilledColumns =
        """
        SELECT a.attname FROM pg_attribute a
        WHERE a.attrelid = to_regclass(@table) AND a.attnum > 0 AND NOT a.attisdropped
            AND a.attnotnull AND NOT a.atthasdef AND a.attidentity = '' AND a.attname <> ALL (@filled)
            AND NOT EXISTS (SELECT FROM pg_type t WHERE t.oid = a.atttypid AND t.typdefault IS NOT NULL)
            AND NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = a.attrelid AND NOT tgisinternal)
        ORDER BY a.attnum
        """;

    private const string UniqueIndexes =
        """
        SELECT pg_get_indexdef(indexrelid) FROM pg_index
        WHERE indrelid = to_regclass(@table) AND indisunique ORDER BY indexrelid
        """;

    // Where COPY would not do what INSERT … ON CONFLICT does, or might not: see docs/decisions/0014-copy-where-nothing-conflicts.md.
    private const string CopyObstacle =
        $"""
        SELECT CASE
            WHEN c.relkind <> 'r' THEN 'it is not an ordinary table'
            WHEN c.relrowsecurity THEN 'it has row-level security'
            WHEN EXISTS (SELECT FROM pg_rewrite WHERE ev_class = c.oid) THEN 'it has a rule'
            WHEN EXISTS (SELECT FROM pg_trigger WHERE tgrelid = c.oid AND NOT tgisinternal) THEN 'it has a trigger'
            WHEN $2 IS NOT NULL AND NOT EXISTS (
                SELECT FROM pg_index i JOIN pg_attribute k ON k.attrelid = c.oid AND k.attnum = i.indkey[0]
                WHERE i.indrelid = c.oid AND {IsKeyIndex} AND k.attname = $2)
                THEN 'its key has no unique index'
            WHEN EXISTS (
                SELECT FROM pg_index i LEFT JOIN pg_attribute k ON k.attrelid = c.oid AND k.attname = $2
                WHERE i.indrelid = c.oid AND (i.indisunique OR i.indisexclusion)
                    AND (i.indisexclusion OR i.indpred IS NOT NULL OR i.indnkeyatts > 1 OR i.indkey[0] IS DISTINCT FROM k.attnum
                        OR NOT i.indisvalid OR i.indcollation[0] <> k.attcollation))
                THEN 'it has a unique index or exclusion constraint besides that of the key'
            WHEN EXISTS (
                SELECT FROM unnest($3, $4) AS expected(name, type)
                LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = expected.name AND NOT a.attisdropped
                WHERE a.attgenerated IS DISTINCT FROM '' OR a.attidentity <> ''
                    OR format_type(a.atttypid, NULL) <> expected.type AND (a.atttypid, expected.type) <> ('varchar'::regtype, 'text'))
                THEN 'it has columns of other types than those of the dataset, or generated ones'
            WHEN NOT (has_table_privilege(c.oid, 'SELECT') OR $2 IS NULL OR has_column_privilege(c.oid, $2, 'SELECT'))
                THEN 'its key cannot be read'
        END
        FROM pg_class c WHERE c.oid = to_regclass($1)
        """;

    /// <summary>Finds out why the rows of a dataset must not go into its table by COPY.</summary>
    /// <returns>The reason; null if there is none.</returns>
    public static async Task<string?> FindCopyObstacleAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Dataset dataset, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(CopyObstacle, connection, transaction);
        command.Parameters.Add(Sql.Text(SqlIdentifier.Quote(dataset.Table)));
        command.Parameters.Add(Sql.Text(dataset.Key));
        command.Parameters.Add(Sql.TextArray([.. Sql.InsertedColumns(dataset)]));
        command.Parameters.Add(Sql.TextArray([.. Sql.InsertedTypes(dataset).Select(TypeName)]));
        return await command.ExecuteScalarAsync(cancellationToken) as string;
    }

    /// <summary>Checks that the rows of a dataset can be inserted.</summary>
    /// <exception cref="DeniedException">They cannot: the message names what was found and what is expected.</exception>
    public static async Task CheckAsync(
        NpgsqlConnection connection, MigrationRunner migrations, string address, Dataset dataset, CancellationToken cancellationToken)
    {
        var quoted = SqlIdentifier.Quote(dataset.Table);
        var table = $"Table \"{dataset.Table}\" of dataset {dataset.Name} in {address}";
        if (!await migrations.TableExistsAsync(dataset.Table, cancellationToken))
        {
            throw new DeniedException($"{table} does not exist. Run `consumer migrate` with the same --database and --datasets.");
        }

        var found = await migrations.ReadColumnsAsync(dataset.Table, cancellationToken);
        var missing = migrations.MissingColumns(dataset, found);
        if (missing.Count > 0)
        {
            throw new DeniedException(
                $"{table} has the columns {string.Join(", ", found)}; missing: {string.Join(", ", missing)}. "
                + (missing.Contains(dataset.Key) ? NextStep : AddColumns));
        }

        if (dataset.Key is not null
            && await connection.QueryUnbufferedAsync<long>(KeyIndexes, new { table = quoted, key = dataset.Key }).SingleAsync(cancellationToken) == 0)
        {
            var indexes = await connection.QueryUnbufferedAsync<string>(UniqueIndexes, new { table = quoted }).ToListAsync(cancellationToken);
            throw new DeniedException(
                $"{table} needs a unique index on exactly {SqlIdentifier.Quote(dataset.Key)}, neither partial nor deferrable; found "
                + $"{(indexes.Count == 0 ? "no unique index" : string.Join("; ", indexes))}. {NextStep}");
        }

        var unfilled = await connection
            .QueryUnbufferedAsync<string>(UnfilledColumns, new { table = quoted, filled = Sql.InsertedColumns(dataset).ToArray() })
            .ToListAsync(cancellationToken);
        if (unfilled.Count > 0)
        {
            throw new DeniedException(
                $"{table} has columns that must not be null, have no default, and are not in the dataset: {string.Join(", ", unfilled)}. {NextStep}");
        }

        await PlanInsertAsync(connection, dataset, cancellationToken);
    }

    // EXPLAIN plans the statement without running it, so the server itself checks the types and the permission to insert.
    private static async Task PlanInsertAsync(NpgsqlConnection connection, Dataset dataset, CancellationToken cancellationToken)
    {
        await using var plan = RowInsert.CommandFor(dataset, [], connection, transaction: null);
        plan.CommandText = "EXPLAIN " + plan.CommandText;
        await plan.ExecuteNonQueryAsync(cancellationToken);
    }

    // As format_type has it.
    private static string TypeName(string type) => type == "timestamptz" ? "timestamp with time zone" : type;
}
