namespace CsvIngest.Store;

/// <summary>
/// A total as programs report it to other programs. The names of its properties in camel case are part of their interfaces.
/// </summary>
/// <param name="Dataset">The dataset's name.</param>
/// <param name="By">The column whose values have totals.</param>
/// <param name="Value">The value of the column, in canonical form; empty for rows without one.</param>
/// <param name="Rows">The number of rows.</param>
/// <param name="Sum">The column that is added up.</param>
/// <param name="Total">The exact sum, as text, so that no digit is lost.</param>
public sealed record TotalReport(string Dataset, string By, string Value, long Rows, string Sum, string Total)
{
    /// <summary>Reports a total.</summary>
    public static TotalReport Of(RunningTotal total) => new(
        total.Key.Dataset, total.Key.Definition.By, total.Key.Value, total.Rows, total.Key.Definition.Sum, total.Sum.ToString());
}
