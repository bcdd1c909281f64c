namespace CsvIngest.Importing;

/// <summary>Keeps the warnings about the start of the file until the observer knows the import.</summary>
internal sealed class DelayedWarnings(IImportObserver observer)
{
    private List<ImportWarning>? _delayed = [];

    public void Add(ImportWarning warning)
    {
        if (_delayed is not null)
        {
            _delayed.Add(warning);
        }
        else
        {
            observer.Warned(warning);
        }
    }

    public void Release()
    {
        foreach (var warning in _delayed!)
        {
            observer.Warned(warning);
        }

        _delayed = null;
    }
}
