using System.Text;

namespace CsvIngest.Store;

/// <summary>
/// A valid row, in canonical form. Its values are valid UTF-8 and lie in one buffer with those of the other rows of its slice, so a
/// row costs no object.
/// </summary>
public readonly struct Row
{
    private readonly RowBuffer _buffer;
    private readonly int _row;

    internal Row(RowBuffer buffer, int row) => (_buffer, _row) = (buffer, row);

    /// <summary>Makes a row with a buffer of its own.</summary>
    /// <param name="line">See <see cref="Line"/>.</param>
    /// <param name="values">In the order of the dataset's columns; null or empty where absent.</param>
    /// <param name="extra">See <see cref="Extra"/>; null or empty where absent.</param>
    public Row(long line, IReadOnlyList<string?> values, string? extra)
    {
        (_buffer, _row) = (new RowBuffer(values.Count, rowCapacity: 1, byteCapacity: 256), 0);
        foreach (var value in values.Append(extra))
        {
            Encoding.UTF8.GetBytes(value ?? "", _buffer.Output);
            _buffer.EndValue();
        }

        _buffer.EndRow(line);
    }

    /// <summary>The physical line on which the row starts, 1-based.</summary>
    public long Line => _buffer.LineOf(_row);

    /// <summary>The file's extra columns as a JSON object; empty where the dataset keeps none or there are none.</summary>
    public ReadOnlyMemory<byte> Extra => _buffer.ValueOf(_row, _buffer.ColumnCount);

    /// <summary>The value of a column; empty where absent.</summary>
    /// <param name="column">The position of the dataset's column.</param>
    public ReadOnlyMemory<byte> Value(int column) => _buffer.ValueOf(_row, column);

    /// <summary>The bytes of <see cref="Value"/>, to be read at once.</summary>
    /// <param name="column">The position of the dataset's column.</param>
    public ReadOnlySpan<byte> Utf8(int column) => _buffer.Utf8Of(_row, column);

    /// <summary>All values as text, for people: in the order of the dataset's columns, null where absent.</summary>
    public IReadOnlyList<string?> Texts()
    {
        var texts = new string?[_buffer.ColumnCount];
        for (var column = 0; column < texts.Length; column++)
        {
            texts[column] = TextOf(Value(column));
        }

        return texts;
    }

    /// <summary>The extra columns as text, for people; null where absent.</summary>
    public string? ExtraText() => TextOf(Extra);

    private static string? TextOf(ReadOnlyMemory<byte> value) => value.IsEmpty ? null : Encoding.UTF8.GetString(value.Span);
}
