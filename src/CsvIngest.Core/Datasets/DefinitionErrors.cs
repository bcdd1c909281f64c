namespace CsvIngest.Datasets;

/// <summary>Collects the errors of a dataset definition.</summary>
internal sealed class DefinitionErrors
{
    private readonly List<string> _errors = [];

    public bool None => _errors.Count == 0;

    /// <param name="path">The location in the definition, such as <c>columns.total.type</c>; empty for the whole definition.</param>
    /// <param name="error">What was found and what was expected.</param>
    public void Add(string path, string error) => _errors.Add(path.Length == 0 ? error : $"{path}: {error}");

    public string Describe(string origin) => _errors.Count == 1
        ? $"{origin}: {_errors[0]}"
        : $"{origin} has {_errors.Count} errors:\n  {string.Join("\n  ", _errors)}";
}
