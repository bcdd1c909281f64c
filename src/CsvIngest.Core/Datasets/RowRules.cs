using System.Buffers;
using CsvIngest.Values;

namespace CsvIngest.Datasets;

/// <summary>
/// Applies the rules of one dataset to UTF-8 fields. An instance holds scratch buffers: use one per thread.
/// </summary>
/// <param name="dataset">The dataset.</param>
/// <exception cref="DeniedException">This installation cannot normalize email addresses.</exception>
public sealed class RowRules(Dataset dataset)
{
    private readonly ColumnRule[] _columns = BuildRules(dataset);
    private readonly Dictionary<(string Column, RejectReason Reason), RejectReason> _extraReasons = [];
    private byte[] _joined = [];

    /// <summary>Appends the canonical form of a value to the output, or nothing if the value is absent.</summary>
    /// <param name="column">The position of the dataset's column.</param>
    /// <param name="value">The field's text, unquoted, as UTF-8.</param>
    /// <param name="output">Unchanged if the value is rejected.</param>
    /// <returns>Null, or why the value is rejected.</returns>
    public RejectReason? Canonicalize(int column, ReadOnlySpan<byte> value, ArrayBufferWriter<byte> output) =>
        _columns[column].Apply(value, output);

    /// <summary>
    /// The same for a column that is combined from two columns of the file (see <see cref="Column.Combine"/>). Both values are
    /// trimmed and joined with a space; if one is empty, the other is the value.
    /// </summary>
    public RejectReason? Canonicalize(int column, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ArrayBufferWriter<byte> output)
    {
        first = Utf8Text.Trim(first);
        second = Utf8Text.Trim(second);
        if (first.IsEmpty || second.IsEmpty)
        {
            return Canonicalize(column, first.IsEmpty ? second : first, output);
        }

        var length = first.Length + 1 + second.Length;
        if (_joined.Length < length)
        {
            _joined = new byte[Math.Max(length, 2 * _joined.Length)];
        }

        first.CopyTo(_joined);
        _joined[first.Length] = (byte)' ';
        second.CopyTo(_joined.AsSpan(first.Length + 1));
        return Canonicalize(column, _joined.AsSpan(0, length), output);
    }

    /// <summary>
    /// Checks a value of an extra column. The value is kept unchanged; it is rejected if it contains NUL or is not valid UTF-8.
    /// </summary>
    /// <param name="columnName">The name of the extra column, for the reason.</param>
    /// <returns>Null, or why the value is rejected.</returns>
    public RejectReason? CheckExtra(string columnName, ReadOnlySpan<byte> value)
    {
        if (Utf8Text.Check(value) is not { } reason)
        {
            return null;
        }

        if (!_extraReasons.TryGetValue((columnName, reason), out var inColumn))
        {
            inColumn = reason with { Column = columnName };
            _extraReasons.Add((columnName, reason), inColumn);
        }

        return inColumn;
    }

    private static ColumnRule[] BuildRules(Dataset dataset)
    {
        if (dataset.Columns.Any(column => column.Type == ColumnType.Email))
        {
            EmailAddress.CheckInstallation();
        }

        return [.. dataset.Columns.Select((column, index) => new ColumnRule(column, dataset.IsRequired(index)))];
    }
}
