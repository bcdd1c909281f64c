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

    /// <summary>Appends the canonical form of a value to the output, or nothing if the value is absent.</summary>
    /// <param name="column">The position of the dataset's column.</param>
    /// <param name="value">The field's text, unquoted, as UTF-8.</param>
    /// <param name="output">Unchanged if the value is rejected.</param>
    /// <returns>Null, or why the value is rejected.</returns>
    public RejectReason? Canonicalize(int column, ReadOnlySpan<byte> value, ArrayBufferWriter<byte> output) =>
        _columns[column].Apply(value, output);

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

        return [.. dataset.Columns.Select((column, index) => new ColumnRule(WithLimitOfTotals(dataset, column), dataset.IsRequired(index)))];
    }

    private static Column WithLimitOfTotals(Dataset dataset, Column column) =>
        dataset.Totals.Any(total => total.By == column.Name) && (column.MaxLength ?? int.MaxValue) > TotalDefinition.MaxValueLength
            ? column with { MaxLength = TotalDefinition.MaxValueLength }
            : column;
}
