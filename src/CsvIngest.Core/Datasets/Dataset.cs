using System.Text.RegularExpressions;
using CsvIngest.Values;

namespace CsvIngest.Datasets;

/// <summary>What the columns of a file mean and which table they go to.</summary>
/// <param name="Name">The name by which users and messages refer to it.</param>
/// <param name="Table">The table. It is checked as an identifier and always quoted in SQL.</param>
/// <param name="Key">The unique column; null if every row is inserted.</param>
/// <param name="Columns">The columns, in the order of the values in a message.</param>
/// <param name="ExtraColumns">The JSON column that keeps the other columns of a file; null if they are dropped.</param>
public sealed record Dataset(
    string Name, string Table, string? Key, IReadOnlyList<Column> Columns, string? ExtraColumns)
{
    /// <summary>The sums that are kept of the inserted rows; usually none.</summary>
    public IReadOnlyList<TotalDefinition> Totals { get; init; } = [];

    /// <summary>The position of the key in <see cref="Columns"/>; -1 if there is no key.</summary>
    public int KeyIndex { get; } = Key is null ? -1 : Columns.ToList().FindIndex(column => column.Name == Key);

    /// <summary>The position of a column in <see cref="Columns"/>; -1 if there is none of this name.</summary>
    public int IndexOf(string column) => Columns.ToList().FindIndex(each => each.Name == column);

    /// <summary>Whether every row must have a value in the column: it is required, or it is the key.</summary>
    /// <param name="column">The position in <see cref="Columns"/>.</param>
    public bool IsRequired(int column) => Columns[column].Required || column == KeyIndex;

    /// <summary>The columns of the table that rows are inserted into: the dataset's, and those that every table has.</summary>
    public IReadOnlyList<string> TableColumns =>
        [.. Columns.Select(column => column.Name), .. ExtraColumns is null ? Array.Empty<string>() : [ExtraColumns], "import_id", "line"];

    /// <summary>The dataset without the formats of its columns: what it is for messages, whose values are canonical.</summary>
    public Dataset WithoutFormats() => this with { Columns = [.. Columns.Select(column => column with { Format = null })] };
}

/// <summary>
/// A running total: for each value of one column, how many rows with it were inserted, and the exact sum of another column of theirs.
/// </summary>
/// <param name="By">The column whose values have a total each: text, integer or UUID. Rows without a value have a total of their own.</param>
/// <param name="Sum">The column that is added up: integer or decimal. Rows without a value add nothing.</param>
public sealed record TotalDefinition(string By, string Sum)
{
    /// <summary>
    /// The most Unicode characters of a value that has a total. With the names of the dataset and of two columns, a longer one could
    /// exceed the 2,704 bytes that an entry of an index may have in PostgreSQL.
    /// </summary>
    public const int MaxValueLength = 600;
}

/// <summary>A column of a dataset and its rules.</summary>
/// <param name="Name">The name of the table's column.</param>
/// <param name="Type">Determines the canonical form of the values and the type of the table's column.</param>
/// <param name="Required">Whether a row without a value is rejected. A key is always required.</param>
/// <param name="Headers">Header names that match this column, in addition to its own; compared as <see cref="HeaderName"/> defines it.</param>
/// <param name="MaxLength">The most Unicode characters (code points, as the database counts them); null for no limit.</param>
/// <param name="Pattern">
/// What the canonical value must match; null for no pattern. A pattern read from a definition file is anchored at both ends.
/// </param>
/// <param name="Trim">Whether surrounding white space is removed. Types other than text are always trimmed.</param>
/// <param name="Combine">
/// Two lists of header names: one column of each list, joined with a space, supplies the value if no column of the file matches
/// <paramref name="Headers"/>, and in rows in which that column is empty. Null if the column is never combined.
/// </param>
/// <param name="Variants">
/// Patterns such as <c>billing *</c> in which the names of <paramref name="Headers"/> and <paramref name="Combine"/> also match, in place of
/// <c>*</c>: lists in order of preference, after the names alone. Those of the first list are about the same person as the names alone.
/// </param>
/// <param name="Format">How files write the values; null for the ways that docs/datasets.md lists for the type.</param>
public sealed record Column(
    string Name,
    ColumnType Type,
    bool Required = false,
    IReadOnlyList<string>? Headers = null,
    int? MaxLength = null,
    Regex? Pattern = null,
    bool Trim = false,
    IReadOnlyList<IReadOnlyList<string>>? Combine = null,
    IReadOnlyList<IReadOnlyList<string>>? Variants = null,
    ValueFormat? Format = null);
