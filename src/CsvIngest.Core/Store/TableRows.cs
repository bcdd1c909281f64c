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
    public static TableRows Of(Dataset dataset, IReadOnlyCollection<AppliedSlice> slices)
    {
        var rows = new SliceRow[slices.Sum(slice => slice.Part.Rows.Count)];
        var next = 0;
        foreach (var slice in slices)
        {
            foreach (var row in slice.Part.Rows)
            {
                rows[next++] = new SliceRow(slice, row);
            }
        }

        return new TableRows(dataset, dataset.KeyIndex < 0 ? rows : SortByKey(rows, dataset.KeyIndex));
    }

    private static SliceRow[] SortByKey(SliceRow[] rows, int keyIndex)
    {
        var common = CommonPrefixLength(rows, keyIndex);
        var places = new Place[rows.Length];
        for (var i = 0; i < places.Length; i++)
        {
            places[i] = new Place(LeadingBytes(rows[i].Row.Value(keyIndex).Span[common..]), i);
        }

        places.AsSpan().Sort(new KeyThenPosition(rows, keyIndex));
        var sorted = new SliceRow[rows.Length];
        for (var i = 0; i < sorted.Length; i++)
        {
            sorted[i] = rows[places[i].Position];
        }

        return sorted;
    }

    /// <summary>The number of bytes with which all keys begin.</summary>
    private static int CommonPrefixLength(ReadOnlySpan<SliceRow> rows, int keyIndex)
    {
        if (rows.IsEmpty)
        {
            return 0;
        }

        var prefix = rows[0].Row.Value(keyIndex).Span;
        foreach (var (_, row) in rows[1..])
        {
            prefix = prefix[..prefix.CommonPrefixLength(row.Value(keyIndex).Span)];
        }

        return prefix.Length;
    }

    // Shorter keys are padded with zeros, which no key contains: so the order is that of the bytes.
    private static ulong LeadingBytes(ReadOnlySpan<byte> key)
    {
        Span<byte> leading = stackalloc byte[sizeof(ulong)];
        leading.Clear();
        key[..Math.Min(key.Length, leading.Length)].CopyTo(leading);
        return BinaryPrimitives.ReadUInt64BigEndian(leading);
    }

    /// <summary>A row while the rows are sorted.</summary>
    /// <param name="Leading">The first 8 bytes in which its key may differ from others; they decide nearly every comparison.</param>
    /// <param name="Position">Where it was before.</param>
    private readonly record struct Place(ulong Leading, int Position);

    // The sort is not stable, and the first of equal keys must stay: so the position decides between them.
    private readonly struct KeyThenPosition(SliceRow[] rows, int keyIndex) : IComparer<Place>
    {
        public int Compare(Place x, Place y)
        {
            if (x.Leading != y.Leading)
            {
                return x.Leading < y.Leading ? -1 : 1;
            }

            var byKey = KeyAt(x.Position).SequenceCompareTo(KeyAt(y.Position));
            return byKey != 0 ? byKey : x.Position.CompareTo(y.Position);
        }

        private ReadOnlySpan<byte> KeyAt(int position) => rows[position].Row.Value(keyIndex).Span;
    }
}
