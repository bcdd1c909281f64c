namespace CsvIngest.Datasets;

/// <summary>Which columns of a file feed which columns of a dataset.</summary>
public sealed class ColumnBinding
{
    private ColumnBinding(Dataset dataset, IReadOnlyList<ColumnSource> sources, IReadOnlyList<string> headers)
    {
        Sources = sources;
        Extra = dataset.ExtraColumns is null
            ? []
            : ExtraColumn.NameAll(
                Enumerable.Range(0, headers.Count).Except(sources.SelectMany(source => source.Columns)),
                headers,
                dataset.Columns.Select(column => column.Name));
    }

    /// <summary>What feeds each of the dataset's columns.</summary>
    public IReadOnlyList<ColumnSource> Sources { get; }

    /// <summary>The file's other columns, in file order; empty if the dataset keeps none.</summary>
    public IReadOnlyList<ExtraColumn> Extra { get; }

    /// <summary>Binds by header.</summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="head">The file's headers and first rows.</param>
    /// <param name="map">
    /// Dataset column to header; it takes precedence over the matching of names. <c>#3</c> is the file's third column, for headers that
    /// are empty or duplicated. <c>A+B</c> joins the values of two or more columns with a space, for text.
    /// </param>
    /// <exception cref="UnusableFileException">
    /// A required column has no source, or two; or the map names something that does not exist. The message lists all faults.
    /// </exception>
    public static ColumnBinding Bind(Dataset dataset, FileHead head, IReadOnlyDictionary<string, string> map)
    {
        var matching = new HeaderMatching(dataset, head, map);
        var sources = matching.FindSources();
        return matching.Faults.Texts.Count == 0
            ? new ColumnBinding(dataset, sources, head.Headers)
            : throw BindingReport.Describe(dataset, head, map, matching.Faults);
    }

    /// <summary>
    /// Binds by position, for a file without a header: the file's columns are the dataset's, in order, apart from those that are mapped;
    /// further ones are extra columns named <c>column_N</c>.
    /// </summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="head">The names that stand for headers, such as <c>column_1</c>, and the file's first rows.</param>
    /// <param name="map">Dataset column to name, as for <see cref="Bind"/>.</param>
    /// <exception cref="UnusableFileException">The file has too few columns for a required one, or the map is wrong.</exception>
    public static ColumnBinding ByPosition(Dataset dataset, FileHead head, IReadOnlyDictionary<string, string> map)
    {
        var matching = new HeaderMatching(dataset, head, map);
        if (matching.Faults.Texts.Count > 0)
        {
            throw BindingReport.Describe(dataset, head, map, matching.Faults);
        }

        var sources = matching.FindSourcesByPosition();
        var width = head.Headers.Count;
        var missing = dataset.Columns.Where((_, index) => sources[index].Alternatives.Count == 0 && dataset.IsRequired(index)).ToList();
        if (missing.Count > 0)
        {
            throw new UnusableFileException(
                $"A file without a header must have the columns of dataset \"{dataset.Name}\" in order "
                + $"({string.Join(", ", dataset.Columns.Select(column => column.Name))}), but this file has only {width}: "
                + $"no column for {string.Join(", ", missing.Select(column => $"\"{column.Name}\""))} (required).",
                null,
                BindingReport.OtherDataset(dataset, other => IsWideEnough(other, width)));
        }

        return new ColumnBinding(dataset, sources, [.. Enumerable.Repeat("", width)]);
    }

    /// <summary>Whether a file of this many columns has one for every required column of the dataset.</summary>
    internal static bool IsWideEnough(Dataset dataset, int width) =>
        Enumerable.Range(0, dataset.Columns.Count).All(column => column < width || !dataset.IsRequired(column));
}
