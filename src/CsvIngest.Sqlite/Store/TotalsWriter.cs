using CsvIngest.Store;
using CsvIngest.Values;
using Microsoft.Data.Sqlite;

namespace CsvIngest.Sqlite;

/// <summary>Changes totals on one connection, in the transaction of the caller.</summary>
internal sealed class TotalsWriter : IDisposable
{
    private readonly SqliteCommand _find;
    private readonly SqliteCommand _enter;

    /// <summary>Prepares the statements.</summary>
    /// <exception cref="SqliteException">The table of totals does not exist.</exception>
    public TotalsWriter(SqliteConnection connection)
    {
        _find = connection.Prepare(
            """
            SELECT rows, sum FROM csvingest_totals
            WHERE dataset = $dataset AND by_column = $by AND sum_column = $sumOf AND value = $value AND stripe = 0
            """, "$dataset", "$by", "$sumOf", "$value");
        _enter = connection.Prepare(
            """
            INSERT OR REPLACE INTO csvingest_totals (dataset, by_column, sum_column, value, stripe, rows, sum)
            VALUES ($dataset, $by, $sumOf, $value, 0, $rows, $sum)
            """, "$dataset", "$by", "$sumOf", "$value", "$rows", "$sum");
    }

    /// <summary>Adds contributions, each to another total.</summary>
    public void Add(IReadOnlyList<RunningTotal> changes)
    {
        foreach (var change in changes)
        {
            var (dataset, (by, sumOf), value) = change.Key;
            var total = TotalChanges.Sum([change, .. Find(change.Key)]).Single();
            _enter.With(dataset, by, sumOf, value, total.Rows, total.Sum.ToString()).ExecuteNonQuery();
        }
    }

    public void Dispose()
    {
        _find.Dispose();
        _enter.Dispose();
    }

    private IEnumerable<RunningTotal> Find(TotalKey key)
    {
        using var entry = _find.With(key.Dataset, key.Definition.By, key.Definition.Sum, key.Value).ExecuteReader();
        if (entry.Read())
        {
            yield return new RunningTotal(key, entry.GetInt64(0), ExactDecimal.Parse(entry.GetString(1)));
        }
    }
}
