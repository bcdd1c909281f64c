using System.Buffers;
using CsvIngest.Datasets;

namespace CsvIngest.Values;

/// <summary>
/// The rules of one dataset, ready to run over UTF-8 fields. Holds scratch buffers: one instance per thread.
/// </summary>
/// <param name="dataset">The dataset.</param>
public sealed class RowRules(Dataset dataset)
{
    /// <summary>Appends the canonical form of a value to the output; nothing for an absent value.</summary>
    /// <param name="column">The position of the dataset's column.</param>
    /// <param name="value">The field's text, unquoted, as UTF-8.</param>
    /// <param name="output">Is left as it was when the value is refused.</param>
    /// <returns>Null, or why the value is refused.</returns>
    public Fault? Canonicalize(int column, ReadOnlySpan<byte> value, ArrayBufferWriter<byte> output) =>
        throw new NotSupportedException($"{dataset.Name} {column} {value.Length} {output.WrittenCount}");

    /// <summary>
    /// The same for a column that two file columns feed (see <see cref="Column.Combine"/>): both trimmed and joined with a
    /// space; one alone where the other is empty.
    /// </summary>
    public Fault? Canonicalize(int column, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ArrayBufferWriter<byte> output) =>
        throw new NotSupportedException($"{dataset.Name} {column} {first.Length} {second.Length} {output.WrittenCount}");

    /// <summary>Checks a value of a column that no rule names. It is kept as it stands; NUL and what is no UTF-8 are refused.</summary>
    /// <param name="columnName">The extra column's name, for the fault.</param>
    /// <returns>Null, or why the value is refused.</returns>
    public Fault? CheckExtra(string columnName, ReadOnlySpan<byte> value) =>
        throw new NotSupportedException($"{dataset.Name} {columnName} {value.Length}");
}
