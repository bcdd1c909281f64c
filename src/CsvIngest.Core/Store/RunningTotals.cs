using System.Runtime.InteropServices;
using System.Text;
using CsvIngest.Datasets;
using CsvIngest.Values;

namespace CsvIngest.Store;

/// <summary>Which total of a dataset: one of its definitions, for one value.</summary>
/// <param name="Dataset">The dataset's name.</param>
/// <param name="Definition">Which columns.</param>
/// <param name="Value">The value whose rows are added up, in canonical form; empty for rows without a value.</param>
public readonly record struct TotalKey(string Dataset, TotalDefinition Definition, string Value);

/// <summary>A total, or what some rows add to it.</summary>
/// <param name="Key">Which one.</param>
/// <param name="Rows">The number of rows.</param>
/// <param name="Sum">The exact sum of their values.</param>
public readonly record struct RunningTotal(TotalKey Key, long Rows, ExactDecimal Sum);

/// <summary>Adds up what rows contribute to the totals of their datasets.</summary>
public static class TotalChanges
{
    /// <summary>What rows of one dataset add to its totals. Empty if it has none.</summary>
    public static IReadOnlyList<RunningTotal> Of(Dataset dataset, IReadOnlyCollection<Row> rows)
    {
        if (dataset.Totals.Count == 0 || rows.Count == 0)
        {
            return [];
        }

        var changes = new Dictionary<TotalKey, RunningTotal>();
        foreach (var definition in dataset.Totals)
        {
            var (by, sum) = (dataset.IndexOf(definition.By), dataset.IndexOf(definition.Sum));
            foreach (var row in rows)
            {
                var amount = TextOf(row, sum) is { Length: > 0 } text ? ExactDecimal.Parse(text) : ExactDecimal.Zero;
                Add(changes, new RunningTotal(new TotalKey(dataset.Name, definition, TextOf(row, by)), 1, amount));
            }
        }

        return InLockOrder(changes);
    }

    /// <summary>Adds up contributions to the same totals.</summary>
    public static IReadOnlyList<RunningTotal> Sum(IEnumerable<RunningTotal> contributions)
    {
        var changes = new Dictionary<TotalKey, RunningTotal>();
        foreach (var contribution in contributions)
        {
            Add(changes, contribution);
        }

        return InLockOrder(changes);
    }

    /// <summary>What the removal of rows adds to the totals: the opposite of what they have contributed.</summary>
    public static IReadOnlyList<RunningTotal> Remove(IEnumerable<RunningTotal> contributions) =>
        Sum(contributions.Select(removed => removed with { Rows = -removed.Rows, Sum = -removed.Sum }));

    private static string TextOf(Row row, int column) => Encoding.UTF8.GetString(row.Value(column).Span);

    private static void Add(Dictionary<TotalKey, RunningTotal> changes, RunningTotal contribution)
    {
        ref var change = ref CollectionsMarshal.GetValueRefOrAddDefault(changes, contribution.Key, out _);
        change = new RunningTotal(contribution.Key, change.Rows + contribution.Rows, change.Sum + contribution.Sum);
    }

    // Transactions that change the same totals wait for each other; in any other order they might deadlock.
    private static RunningTotal[] InLockOrder(Dictionary<TotalKey, RunningTotal> changes) =>
    [
        .. changes.Values
            .OrderBy(change => change.Key.Dataset, StringComparer.Ordinal)
            .ThenBy(change => change.Key.Definition.By, StringComparer.Ordinal)
            .ThenBy(change => change.Key.Definition.Sum, StringComparer.Ordinal)
            .ThenBy(change => change.Key.Value, StringComparer.Ordinal),
    ];
}
