using System.Buffers;
using System.Collections;

namespace CsvIngest.Store;

/// <summary>Rows of one dataset, whose values lie one after another.</summary>
/// <remarks>
/// The values of a row, and its extra columns after them, are written to <see cref="Output"/>, each followed by <see cref="EndValue"/>;
/// then <see cref="EndRow"/> completes the row, or <see cref="DiscardRow"/> forgets it.
/// </remarks>
internal sealed class RowBuffer : IReadOnlyList<Row>
{
    private readonly List<long> _lines;

    // For each row where it begins, and then where each of its values ends.
    private readonly List<int> _bounds;

    /// <param name="columnCount">The dataset's columns, without the extra ones.</param>
    /// <param name="rowCapacity">How many rows are expected.</param>
    /// <param name="byteCapacity">How many bytes are expected.</param>
    public RowBuffer(int columnCount, int rowCapacity, int byteCapacity)
    {
        ColumnCount = columnCount;
        _lines = new List<long>(rowCapacity);
        _bounds = new List<int>((rowCapacity * (columnCount + 2)) + 1) { 0 };
        Output = new ArrayBufferWriter<byte>(byteCapacity);
    }

    public int ColumnCount { get; }

    public int Count => _lines.Count;

    public ArrayBufferWriter<byte> Output { get; }

    public Row this[int index] => new(this, index);

    public void EndValue() => _bounds.Add(Output.WrittenCount);

    public void EndRow(long line)
    {
        _lines.Add(line);
        _bounds.Add(Output.WrittenCount);
    }

    /// <summary>Forgets the values written since the last row ended.</summary>
    public void DiscardRow()
    {
        _bounds.RemoveRange(BoundOf(_lines.Count), _bounds.Count - BoundOf(_lines.Count));
        _bounds.Add(Output.WrittenCount);
    }

    /// <summary>Forgets all rows. Rows returned earlier must not be used any more.</summary>
    public void Clear()
    {
        _lines.Clear();
        Output.ResetWrittenCount();
        _bounds.Clear();
        _bounds.Add(0);
    }

    public IEnumerator<Row> GetEnumerator()
    {
        for (var i = 0; i < Count; i++)
        {
            yield return this[i];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public long LineOf(int row) => _lines[row];

    public ReadOnlyMemory<byte> ValueOf(int row, int index)
    {
        var bound = BoundOf(row) + index;
        return Output.WrittenMemory[_bounds[bound].._bounds[bound + 1]];
    }

    public ReadOnlySpan<byte> Utf8Of(int row, int index)
    {
        var bound = BoundOf(row) + index;
        return Output.WrittenSpan[_bounds[bound].._bounds[bound + 1]];
    }

    private int BoundOf(int row) => row * (ColumnCount + 2);
}
