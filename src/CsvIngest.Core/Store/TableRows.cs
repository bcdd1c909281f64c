using System.Buffers.Binary;
using CsvIngest.Datasets;

namespace CsvIngest.Store;

/// <summary>A row of a new slice.</summary>
/// <param name="Slice">Where the row's fate is recorded.</param>
/// <param name="Row">The row.</param>
public readonly record struct SliceRow(AppliedSlice Slice, Row Row);

/// <summary>The rows that one transaction inserts into the table of one dataset.</summary>
/// <param name="Dataset">The dataset.</param>
/// <param name="Rows">By key, as bytes; without a key in the order of their slices.</param>
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

    // The sort is not stable, and the first of equal keys must stay: so the position decides between them.
    private static void SortByKey(SliceRow[] rows, int keyIndex)
    {
        var keys = new SortKey[rows.Length];
        for (var i = 0; i < rows.Length; i++)
        {
            keys[i] = new SortKey(rows[i].Row.Value(keyIndex), i);
        }

        keys.AsSpan().Sort(rows.AsSpan(), default(KeyThenPosition));
    }

    /// <summary>A key, with its first 8 bytes as a number, which decide nearly every comparison.</summary>
    private readonly struct SortKey
    {
        public SortKey(ReadOnlyMemory<byte> key, int position)
        {
            (Key, Position) = (key, position);
            Span<byte> first = stackalloc byte[sizeof(ulong)];
            first.Clear();
            key.Span[..Math.Min(key.Length, first.Length)].CopyTo(first);
            Prefix = BinaryPrimitives.ReadUInt64BigEndian(first);
        }

        public ReadOnlyMemory<byte> Key { get; }

        public int Position { get; }

        public ulong Prefix { get; }
    }

    private readonly struct KeyThenPosition : IComparer<SortKey>
    {
        public int Compare(SortKey x, SortKey y)
        {
            if (x.Prefix != y.Prefix)
            {
                return x.Prefix < y.Prefix ? -1 : 1;
            }

            var byKey = x.Key.Span.SequenceCompareTo(y.Key.Span);
            return byKey != 0 ? byKey : x.Position.CompareTo(y.Position);
        }
    }
}
