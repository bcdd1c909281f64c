using CsvIngest.Datasets;
using CsvIngest.Store;
using CsvIngest.Values;
using Dapper;
using Npgsql;
using NpgsqlTypes;

namespace CsvIngest.Postgres;

/// <summary>The table of totals.</summary>
internal static class Totals
{
    // A total is spread over stripes, and every transaction that runs takes one for itself, as long as there are enough: otherwise all
    // consumers would wait for the commit of the one that changed an account last. 16 is a guess: more transactions at once than one
    // server commits side by side. Those beyond it wait for each other. The first key of the advisory lock is "CTot" in ASCII; a lock that
    // another program takes under the same key only makes a stripe unavailable.
    private const string AddChanges =
        """
        WITH claim AS MATERIALIZED (
            SELECT coalesce(
                (SELECT s FROM generate_series(0, 15) AS s WHERE pg_try_advisory_xact_lock(x'43546f74'::integer, s) LIMIT 1),
                pg_backend_pid() % 16) AS stripe)
        INSERT INTO csvingest_totals AS t (dataset, by_column, sum_column, value, stripe, rows, sum)
        SELECT r.dataset, r.by_column, r.sum_column, r.value, claim.stripe, r.rows, r.sum::numeric
        FROM unnest($1, $2, $3, $4, $5, $6) WITH ORDINALITY AS r(dataset, by_column, sum_column, value, rows, sum, place), claim
        ORDER BY r.place
        ON CONFLICT (dataset, by_column, sum_column, value, stripe)
            DO UPDATE SET rows = t.rows + excluded.rows, sum = t.sum + excluded.sum
        """;

    // Totals of no rows are those of imports that were undone.
    private const string Read =
        """
        SELECT dataset, by_column AS ByColumn, sum_column AS SumColumn, value, sum(rows)::bigint AS rows, sum(sum)::text AS sum
        FROM csvingest_totals
        WHERE (@dataset::text IS NULL OR dataset = @dataset) AND (@values::text[] IS NULL OR value = ANY (@values::text[]))
            AND (@afterDataset::text IS NULL
                OR (dataset, by_column, sum_column, value) > (@afterDataset::text, @afterBy::text, @afterSum::text, @afterValue::text))
        GROUP BY dataset, by_column, sum_column, value HAVING sum(rows) > 0 ORDER BY dataset, by_column, sum_column, value
        LIMIT @limit::integer
        """;

    /// <summary>Adds contributions, given in the order of locks, to a batch of statements.</summary>
    public static void Add(NpgsqlBatch batch, IReadOnlyList<RunningTotal> changes)
    {
        if (changes.Count == 0)
        {
            return;
        }

        Sql.Add(
            batch,
            AddChanges,
            Sql.TextArray([.. changes.Select(change => change.Key.Dataset)]),
            Sql.TextArray([.. changes.Select(change => change.Key.Definition.By)]),
            Sql.TextArray([.. changes.Select(change => change.Key.Definition.Sum)]),
            Sql.TextArray([.. changes.Select(change => change.Key.Value)]),
            Sql.Array([.. changes.Select(change => change.Rows)], NpgsqlDbType.Bigint),
            Sql.TextArray([.. changes.Select(change => change.Sum.ToString())]));
    }

    /// <inheritdoc cref="IStore.ReadTotalsAsync"/>
    public static async IAsyncEnumerable<RunningTotal> ReadAsync(NpgsqlConnection connection, TotalFilter filter)
    {
        var after = filter.After;
        var parameters = new
        {
            dataset = filter.Dataset,
            values = filter.Values?.ToArray(),
            afterDataset = after?.Dataset,
            afterBy = after?.Definition.By,
            afterSum = after?.Definition.Sum,
            afterValue = after?.Value,
            limit = filter.Limit,
        };
        await foreach (var row in connection.QueryUnbufferedAsync<Row>(Read, parameters))
        {
            yield return row.ToTotal();
        }
    }

    internal sealed record Row(string Dataset, string ByColumn, string SumColumn, string Value, long Rows, string Sum)
    {
        public RunningTotal ToTotal() =>
            new(new TotalKey(Dataset, new TotalDefinition(ByColumn, SumColumn), Value), Rows, ExactDecimal.Parse(Sum));
    }
}
