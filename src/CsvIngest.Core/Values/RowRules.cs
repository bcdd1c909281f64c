using System.Buffers;
using CsvIngest.Datasets;

namespace CsvIngest.Values;

/// <summary>
/// The rules of one dataset, ready to run over UTF-8 fields. Holds scratch buffers: one instance per thread.
/// </summary>
/// <param name="dataset">The dataset.</param>
/// <exception cref="DeniedException">This installation cannot bring email addresses into their canonical form.</exception>
public sealed class RowRules(Dataset dataset)
{
    private readonly ColumnRule[] _columns = BuildRules(dataset);
    private readonly Dictionary<(string Column, RejectReason Reason), RejectReason> _extraReasons = [];
    private byte[] _joined = [];

    /// <summary>Appends the canonical form of a value to the output; nothing for an absent value.</summary>
    /// <param name="column">The position of the dataset's column.</param>
    /// <param name="value">The field's text, unquoted, as UTF-8.</param>
    /// <param name="output">Is left as it was when the value is refused.</param>
    /// <returns>Null, or why the value is refused.</returns>
    public RejectReason? Canonicalize(int column, ReadOnlySpan<byte> value, ArrayBufferWriter<byte> output) =>
        _columns[column].Apply(value, output);

    /// <summary>
    /// The same for a column that two file columns feed (see <see cref="Column.Combine"/>): both trimmed and joined with a
    /// space; one alone where the other is empty.
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
    /// Checks a value of a column that no rule names. It is kept as it stands; NUL and what is no UTF-8 are refused.
    /// </summary>
    /// <param name="columnName">The extra column's name, for the fault.</param>
    /// <returns>Null, or why the value is refused.</returns>
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
