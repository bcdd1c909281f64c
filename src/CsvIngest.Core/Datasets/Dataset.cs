using System.Text.RegularExpressions;

namespace CsvIngest.Datasets;

/// <summary>What a file's columns mean and which table they go to.</summary>
/// <param name="Name">What <c>--dataset</c> and messages call it.</param>
/// <param name="Table">The table; checked as an identifier, always quoted in SQL.</param>
/// <param name="Key">The column that is unique; null when every row is inserted.</param>
/// <param name="Columns">In the order of the values in a message.</param>
/// <param name="ExtraColumns">The JSON column for file columns that no rule names; null when they are dropped.</param>
public sealed record Dataset(
    string Name, string Table, string? Key, IReadOnlyList<Column> Columns, string? ExtraColumns)
{
    /// <summary>The key's position in <see cref="Columns"/>; -1 without a key.</summary>
    public int KeyIndex { get; } = Key is null ? -1 : Columns.ToList().FindIndex(column => column.Name == Key);

    /// <summary>Whether a row must have a value there: it is required, or it is the key.</summary>
    /// <param name="column">The position in <see cref="Columns"/>.</param>
    public bool IsRequired(int column) => Columns[column].Required || column == KeyIndex;
}

/// <summary>One column of a dataset: its rules.</summary>
/// <param name="Name">Of the table's column.</param>
/// <param name="Type">Decides the canonical form and the table column's type.</param>
/// <param name="Required">Whether a row without a value is rejected. A key is always required.</param>
/// <param name="Headers">The header names it answers to, beside its own; matched without regard to case, spaces, <c>_</c>, <c>-</c>.</param>
/// <param name="MaxLength">In Unicode characters (code points), as the database counts; null for no limit.</param>
/// <param name="Pattern">
/// What the canonical value must match; null for none. A definition file's pattern is anchored at both ends when it is read.
/// </param>
/// <param name="Trim">Whether surrounding white space goes. Types other than text always trim.</param>
/// <param name="Combine">
/// Two lists of header names: a file column of each, joined with a space, feeds this column where none of
/// <paramref name="Headers"/> is there. Null for none.
/// </param>
public sealed record Column(
    string Name,
    ColumnType Type,
    bool Required = false,
    IReadOnlyList<string>? Headers = null,
    int? MaxLength = null,
    Regex? Pattern = null,
    bool Trim = false,
    IReadOnlyList<IReadOnlyList<string>>? Combine = null);

/// <summary>The types a column may have. Each has one canonical form, docs/datasets.md.</summary>
public enum ColumnType
{
    /// <summary>Any text without NUL.</summary>
    Text,

    /// <summary>An email address: docs/email.md.</summary>
    Email,

    /// <summary>A 64-bit signed whole number.</summary>
    Integer,

    /// <summary>An exact decimal number.</summary>
    Decimal,

    /// <summary>A moment, in UTC, to the microsecond.</summary>
    Timestamp,

    /// <summary>A calendar day.</summary>
    Date,

    /// <summary>True or false.</summary>
    Boolean,

    /// <summary>A UUID.</summary>
    Uuid,
}
