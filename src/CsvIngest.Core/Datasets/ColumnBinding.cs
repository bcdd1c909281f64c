namespace CsvIngest.Datasets;

/// <summary>Which columns of a file feed which columns of a dataset.</summary>
public sealed class ColumnBinding
{
    private ColumnBinding(IReadOnlyList<int[]> sources, IReadOnlyList<ExtraColumn> extra)
    {
        Sources = sources;
        Extra = extra;
    }

    /// <summary>
    /// For each of the dataset's columns the file's columns (0-based) that feed it: none (every value is absent), one, or two
    /// that are joined with a space.
    /// </summary>
    public IReadOnlyList<int[]> Sources { get; }

    /// <summary>The file's other columns, in file order; empty where the dataset keeps none.</summary>
    public IReadOnlyList<ExtraColumn> Extra { get; }

    /// <summary>Binds by header.</summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="headers">The file's header cells, in file order.</param>
    /// <param name="map">Dataset column → header, from <c>--map</c>: goes before the matching of names.</param>
    /// <exception cref="BindingException">
    /// A required column has no source, or two; or the map names what is not there. The message lists everything at once.
    /// </exception>
    public static ColumnBinding Bind(Dataset dataset, IReadOnlyList<string> headers, IReadOnlyDictionary<string, string> map) =>
        throw new BindingException($"{dataset.Name} {headers.Count} {map.Count}");

    /// <summary>
    /// Binds by position (<c>--no-header</c>): the file's columns are the dataset's, in order; further ones are extra columns
    /// named <c>column_N</c>.
    /// </summary>
    /// <exception cref="BindingException">The file is too narrow for a required column.</exception>
    public static ColumnBinding ByPosition(Dataset dataset, int width) =>
        width < 0 ? throw new BindingException(dataset.Name) : new ColumnBinding([], []);
}

/// <summary>A column of the file that no rule names.</summary>
/// <param name="Index">Its position in the file, 0-based.</param>
/// <param name="Name">Unique within the file.</param>
public readonly record struct ExtraColumn(int Index, string Name);

/// <summary>The file's columns do not fit the dataset. The message says what was found and how to go on. Exit code 65.</summary>
public sealed class BindingException(string message) : Exception(message);
