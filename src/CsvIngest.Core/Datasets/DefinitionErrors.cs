namespace CsvIngest.Datasets;

/// <summary>Everything that is wrong with a dataset definition.</summary>
internal sealed class DefinitionErrors
{
    private readonly List<string> _faults = [];

    public bool None => _faults.Count == 0;

    /// <param name="path">Where in the definition, such as <c>columns.total.type</c>; empty for the whole.</param>
    /// <param name="fault">Found and expected.</param>
    public void Add(string path, string fault) => _faults.Add(path.Length == 0 ? fault : $"{path}: {fault}");

    public string Describe(string origin) => _faults.Count == 1
        ? $"{origin}: {_faults[0]}"
        : $"{origin} has {_faults.Count} faults:\n  {string.Join("\n  ", _faults)}";
}
