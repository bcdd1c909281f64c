namespace CsvIngest.Datasets;

/// <summary>Which columns of a file feed a column of a dataset.</summary>
/// <param name="Alternatives">
/// In order of preference: the first one that is not empty in a row supplies its value. Each lists columns of the file (0-based) whose
/// values are joined with a space. Without alternatives, every value is absent.
/// </param>
public sealed record ColumnSource(params IReadOnlyList<int[]> Alternatives)
{
    /// <summary>No column of the file.</summary>
    public static ColumnSource None { get; } = new();

    /// <summary>All columns of the file that take part.</summary>
    public IEnumerable<int> Columns => Alternatives.SelectMany(columns => columns);
}
