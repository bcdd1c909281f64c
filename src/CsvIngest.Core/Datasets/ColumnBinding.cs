namespace CsvIngest.Datasets;

/// <summary>Which columns of a file feed which columns of a dataset.</summary>
public sealed class ColumnBinding
{
    private ColumnBinding(Dataset dataset, IReadOnlyList<int[]> sources, IReadOnlyList<string> headers)
    {
        Sources = sources;
        Extra = dataset.ExtraColumns is null
            ? []
            : ExtraColumn.NameAll(
                Enumerable.Range(0, headers.Count).Except(sources.SelectMany(source => source)),
                headers,
                dataset.Columns.Select(column => column.Name));
    }

    /// <summary>
    /// For each of the dataset's columns, the file's columns (0-based) that feed it: none (every value is absent), one, or two that are
    /// joined with a space.
    /// </summary>
    public IReadOnlyList<int[]> Sources { get; }

    /// <summary>The file's other columns, in file order; empty if the dataset keeps none.</summary>
    public IReadOnlyList<ExtraColumn> Extra { get; }

    /// <summary>Binds by header.</summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="headers">The file's header cells, in file order.</param>
    /// <param name="map">
    /// Dataset column to header; it takes precedence over the matching of names. <c>#3</c> is the file's third column, for headers that
    /// are empty or duplicated.
    /// </param>
    /// <exception cref="UnusableFileException">
    /// A required column has no source, or two; or the map names something that does not exist. The message lists all faults.
    /// </exception>
    public static ColumnBinding Bind(Dataset dataset, IReadOnlyList<string> headers, IReadOnlyDictionary<string, string> map)
    {
        var matching = new HeaderMatching(dataset, headers, map);
        var sources = matching.FindSources();
        if (matching.Faults.Count == 0 && sources.All(source => source.Length == 0))
        {
            matching.Faults.Add("the file has none of its columns");
        }

        return matching.Faults.Count == 0
            ? new ColumnBinding(dataset, sources, headers)
            : throw BindingReport.Describe(dataset, headers, matching);
    }

    /// <summary>
    /// Binds by position, for a file without a header: the file's columns are the dataset's, in order, apart from those that are mapped;
    /// further ones are extra columns named <c>column_N</c>.
    /// </summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="names">The names that stand for headers, such as <c>column_1</c>, one for each column of the file.</param>
    /// <param name="map">Dataset column to name; <c>#3</c> is the file's third column.</param>
    /// <exception cref="UnusableFileException">The file has too few columns for a required one, or the map is wrong.</exception>
    public static ColumnBinding ByPosition(Dataset dataset, IReadOnlyList<string> names, IReadOnlyDictionary<string, string> map)
    {
        var matching = new HeaderMatching(dataset, names, map);
        if (matching.Faults.Count > 0)
        {
            throw BindingReport.Describe(dataset, names, matching);
        }

        var sources = matching.FindSourcesByPosition();
        var missing = dataset.Columns.Where((_, index) => sources[index].Length == 0 && dataset.IsRequired(index)).ToList();
        if (missing.Count > 0)
        {
            throw new UnusableFileException(
                $"A file without a header must have the columns of dataset \"{dataset.Name}\" in order "
                + $"({string.Join(", ", dataset.Columns.Select(column => column.Name))}), but this file has only {names.Count}: "
                + $"no column for {string.Join(", ", missing.Select(column => $"\"{column.Name}\""))} (required).");
        }

        return new ColumnBinding(dataset, sources, [.. Enumerable.Repeat("", names.Count)]);
    }
}
