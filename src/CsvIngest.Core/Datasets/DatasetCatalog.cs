using System.Diagnostics.CodeAnalysis;

namespace CsvIngest.Datasets;

/// <summary>The datasets a program knows, by name.</summary>
public sealed class DatasetCatalog
{
    private readonly Dictionary<string, Dataset> _byName = new(StringComparer.Ordinal);

    /// <summary>The built-in datasets and the given ones. A given one takes the place of a built-in one of the same name.</summary>
    /// <exception cref="DatasetException">Two of the given ones have the same name.</exception>
    public DatasetCatalog(IEnumerable<Dataset> datasets)
    {
        foreach (var dataset in datasets)
        {
            _byName[dataset.Name] = dataset;
        }
    }

    /// <summary>The built-in datasets alone.</summary>
    public static DatasetCatalog BuiltIn { get; } = new([]);

    /// <summary>All, in the order of their names.</summary>
    public IReadOnlyCollection<Dataset> All => _byName.Values;

    /// <summary>Finds a dataset by its exact name.</summary>
    public bool TryGet(string name, [NotNullWhen(true)] out Dataset? dataset) => _byName.TryGetValue(name, out dataset);
}
