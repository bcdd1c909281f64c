using System.Diagnostics.CodeAnalysis;

namespace CsvIngest.Datasets;

/// <summary>The datasets a program knows, by name.</summary>
public sealed class DatasetCatalog
{
    private readonly SortedDictionary<string, Dataset> _byName = new(StringComparer.Ordinal);

    /// <summary>
    /// The built-in datasets and the given ones. A given one takes the place of a built-in one of the same name.
    /// </summary>
    /// <exception cref="DatasetException">Two of the given ones have the same name.</exception>
    public DatasetCatalog(IEnumerable<Dataset> datasets)
    {
        foreach (var dataset in datasets)
        {
            if (!_byName.TryAdd(dataset.Name, dataset))
            {
                throw new DatasetException($"Two datasets are named \"{dataset.Name}\". Rename one of them.");
            }
        }

        _byName.TryAdd("contacts", LoadContacts());
    }

    /// <summary>The built-in datasets alone.</summary>
    public static DatasetCatalog BuiltIn { get; } = new([]);

    /// <summary>The built-in datasets and those of a folder's <c>*.json</c> files.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="listFiles">The files of a folder that match a pattern.</param>
    /// <param name="readFile">The text of a file.</param>
    /// <exception cref="DatasetException">A definition is wrong; every fault of every file is listed.</exception>
    public static DatasetCatalog Load(
        string folder, Func<string, string, IEnumerable<string>> listFiles, Func<string, string> readFile)
    {
        var datasets = new List<Dataset>();
        var faults = new List<string>();
        try
        {
            foreach (var file in listFiles(folder, "*.json").Order(StringComparer.Ordinal))
            {
                try
                {
                    datasets.Add(DatasetFile.Parse(readFile(file), file));
                }
                catch (DatasetException e)
                {
                    faults.Add(e.Message);
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DatasetException($"The datasets folder {folder} cannot be read: {e.Message}", e);
        }

        return faults.Count == 0 ? new DatasetCatalog(datasets) : throw new DatasetException(string.Join(Environment.NewLine, faults));
    }

    /// <summary>All, in the order of their names.</summary>
    public IReadOnlyCollection<Dataset> All => _byName.Values;

    /// <summary>Finds a dataset by its exact name.</summary>
    public bool TryGet(string name, [NotNullWhen(true)] out Dataset? dataset) => _byName.TryGetValue(name, out dataset);

    private static Dataset LoadContacts()
    {
        const string File = "contacts.json";
        using var stream = typeof(DatasetCatalog).Assembly.GetManifestResourceStream(File)
            ?? throw new InvalidOperationException($"{File} is not embedded in this program.");
        using var reader = new StreamReader(stream);
        return DatasetFile.Parse(reader.ReadToEnd(), $"built-in {File}");
    }
}
