namespace CsvIngest.Datasets;

/// <summary>What prevents that the columns of a file feed those of a dataset, and what can be done about it.</summary>
internal sealed class BindingFaults
{
    private readonly List<string> _texts = [];
    private readonly List<Remedy> _remedies = [];

    /// <summary>One sentence each, without its period.</summary>
    public IReadOnlyList<string> Texts => _texts;

    /// <summary>The options that resolve the faults.</summary>
    public IReadOnlyList<Remedy> Remedies => _remedies;

    public void Add(string text, params ReadOnlySpan<Remedy> remedies)
    {
        _texts.Add(text);
        _remedies.AddRange(remedies);
    }

    /// <summary>The option that maps a column of the dataset.</summary>
    /// <param name="column">The name of the dataset's column.</param>
    /// <param name="header">What it is mapped to; empty if only the user knows it.</param>
    public static Remedy Map(string column, string header) => new(ImportOption.Map, $"{column}={header}");

    /// <summary>The option that maps a column of the dataset to columns of the file (0-based) by their numbers.</summary>
    public static Remedy Map(string column, IEnumerable<int> columns) =>
        Map(column, string.Join(HeaderMap.Joint, columns.Select(index => $"#{index + 1}")));
}
