using CsvIngest.Datasets;

namespace CsvIngest.Store;

/// <summary>A row of a new slice.</summary>
/// <param name="Slice">Where the row's fate is recorded.</param>
/// <param name="Row">The row.</param>
public readonly record struct SliceRow(AppliedSlice Slice, Row Row);

/// <summary>The rows that one transaction inserts into the table of one dataset.</summary>
/// <param name="Dataset">The dataset.</param>
/// <param name="Rows">By key, as code units; without a key in the order of their slices.</param>
public sealed record TableRows(Dataset Dataset, ReadOnlyMemory<SliceRow> Rows)
{
    /// <summary>Collects the rows of slices of one dataset and sorts them by key.</summary>
    public static TableRows Of(Dataset dataset, IEnumerable<AppliedSlice> slices)
    {
        var rows = slices.SelectMany(slice => slice.Part.Rows, (slice, row) => new SliceRow(slice, row)).ToArray();
        if (dataset.KeyIndex >= 0)
        {
            SortByKey(rows, dataset.KeyIndex);
        }

        return new TableRows(dataset, rows);
    }

    // Array.Sort is not stable, and the first of equal keys must stay: so the position decides between them.
    private static void SortByKey(SliceRow[] rows, int keyIndex)
    {
        var keys = new (string? Key, int Position)[rows.Length];
        for (var i = 0; i < rows.Length; i++)
        {
            keys[i] = (rows[i].Row.Values[keyIndex], i);
        }

        Array.Sort(keys, rows, KeyThenPosition.Instance);
    }

    private sealed class KeyThenPosition : IComparer<(string? Key, int Position)>
    {
        public static readonly KeyThenPosition Instance = new();

        public int Compare((string? Key, int Position) x, (string? Key, int Position) y)
        {
            var byKey = string.CompareOrdinal(x.Key, y.Key);
            return byKey != 0 ? byKey : x.Position.CompareTo(y.Position);
        }
    }
}
