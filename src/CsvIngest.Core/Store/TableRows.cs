using System.Buffers;
using System.Buffers.Binary;
using CsvIngest.Datasets;

namespace CsvIngest.Store;

/// <summary>A row of a new slice.</summary>
/// <param name="Slice">Where the row's fate is recorded.</param>
/// <param name="Row">The row.</param>
public readonly record struct SliceRow(AppliedSlice Slice, Row Row)
{
    /// <summary>Whether the row before this one has the same key.</summary>
    public bool RepeatsKey { get; init; }
}

/// <summary>The rows that one transaction inserts into the table of one dataset.</summary>
/// <remarks>
/// Arrays of so many rows are large objects, and making a few of them for each transaction would have the runtime collect all its garbage
/// again and again. Therefore they are taken from a pool, and given back when this is disposed.
/// </remarks>
public sealed class TableRows : IDisposable
{
    private readonly SliceRow[] _rows;
    private readonly int _count;

    /// <summary>Collects the rows of slices and sorts them by key.</summary>
    /// <param name="dataset">The dataset of all slices.</param>
    /// <param name="slices">The slices.</param>
    public TableRows(Dataset dataset, IReadOnlyCollection<AppliedSlice> slices)
    {
        Dataset = dataset;
        _count = slices.Sum(slice => slice.Part.Rows.Count);
        _rows = Rent<SliceRow>(_count);
        var next = 0;
        foreach (var slice in slices)
        {
            foreach (var row in slice.Part.Rows)
            {
                _rows[next++] = new SliceRow(slice, row);
            }
        }

        if (dataset.KeyIndex >= 0)
        {
            SortByKey(_rows.AsSpan(0, _count), dataset.KeyIndex);
        }
    }

    /// <summary>The dataset.</summary>
    public Dataset Dataset { get; }

    /// <summary>By key, as bytes; without a key in the order of their slices.</summary>
    public ReadOnlyMemory<SliceRow> Rows => _rows.AsMemory(0, _count);

    /// <summary>Gives back the memory of <see cref="Rows"/>.</summary>
    public void Dispose() => GiveBack(_rows);

    private static void SortByKey(Span<SliceRow> rows, int keyIndex)
    {
        var unsorted = Rent<SliceRow>(rows.Length);
        var places = Rent<Place>(rows.Length);
        rows.CopyTo(unsorted);
        var order = new KeyThenPosition(unsorted, keyIndex);
        Sort(places.AsSpan(0, rows.Length), order);
        for (var i = 0; i < rows.Length; i++)
        {
            rows[i] = unsorted[places[i].Position] with { RepeatsKey = i > 0 && order.HaveEqualKeys(places[i - 1], places[i]) };
        }

        GiveBack(places);
        GiveBack(unsorted);
    }

    private static void Sort(Span<Place> places, KeyThenPosition order)
    {
        var common = order.CommonPrefixLength(places.Length);
        for (var i = 0; i < places.Length; i++)
        {
            places[i] = new Place(LeadingBytes(order.KeyAt(i)[common..]), i);
        }

        places.Sort(order);
    }

    // Shorter keys are padded with zeros, which no key contains: so the order is that of the bytes.
    private static ulong LeadingBytes(ReadOnlySpan<byte> key)
    {
        Span<byte> leading = stackalloc byte[sizeof(ulong)];
        leading.Clear();
        key[..Math.Min(key.Length, leading.Length)].CopyTo(leading);
        return BinaryPrimitives.ReadUInt64BigEndian(leading);
    }

    private static T[] Rent<T>(int length) => Pool<T>.Arrays.Rent(length);

    // Cleared, or the pool would keep the slices of the last transaction.
    private static void GiveBack<T>(T[] array) => Pool<T>.Arrays.Return(array, clearArray: true);

    // Not the shared pool, which keeps an array for each thread that has ever given one back.
    private static class Pool<T>
    {
        /// <summary>More rows than most transactions have; an array that is longer is not kept.</summary>
        private const int MaxLength = 128 * 1024;

        /// <summary>Two for each lane, of which a consumer has at most 64.</summary>
        private const int MaxArrays = 128;

        public static readonly ArrayPool<T> Arrays = ArrayPool<T>.Create(MaxLength, MaxArrays);
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

        // NULL equals nothing.
        public bool HaveEqualKeys(Place x, Place y) =>
            x.Leading == y.Leading && KeyAt(x.Position) is { IsEmpty: false } key && key.SequenceEqual(KeyAt(y.Position));

        public ReadOnlySpan<byte> KeyAt(int position) => rows[position].Row.Utf8(keyIndex);

        /// <summary>The number of bytes with which the keys of the first rows begin.</summary>
        public int CommonPrefixLength(int count)
        {
            if (count == 0)
            {
                return 0;
            }

            var prefix = KeyAt(0);
            for (var i = 1; i < count; i++)
            {
                prefix = prefix[..prefix.CommonPrefixLength(KeyAt(i))];
            }

            return prefix.Length;
        }
    }
}
