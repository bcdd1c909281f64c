using CsvIngest.Datasets;
using CsvIngest.Hosting;
using CsvIngest.Settings;

namespace CsvIngest.Web;

/// <summary>
/// The datasets that uploads may choose: the built-in ones and those of the datasets folder, by name only. The folder is read each time, so
/// that a new definition needs no restart.
/// </summary>
internal sealed class DatasetChoice(string? folder)
{
    /// <summary>All datasets, by name.</summary>
    /// <exception cref="DatasetException">A definition is wrong.</exception>
    public IReadOnlyCollection<Dataset> All => DatasetFiles.Load(folder).All;

    /// <summary>Whether a dataset defines totals. A definition that is wrong does not, so that every page can be shown.</summary>
    public bool HaveTotals
    {
        get
        {
            try
            {
                return WithTotals.Any();
            }
            catch (DatasetException)
            {
                return false;
            }
        }
    }

    /// <summary>The datasets that define totals, by name.</summary>
    /// <exception cref="DatasetException">A definition is wrong.</exception>
    public IEnumerable<Dataset> WithTotals => All.Where(dataset => dataset.Totals.Count > 0);

    /// <inheritdoc cref="DatasetCatalog.FindWithTotals"/>
    public Dataset FindWithTotals(string name) => DatasetFiles.Load(folder).FindWithTotals(name);

    /// <summary>The dataset of this name.</summary>
    /// <exception cref="UsageException">There is none.</exception>
    /// <exception cref="DatasetException">A definition is wrong.</exception>
    public Dataset Find(string name)
    {
        var datasets = DatasetFiles.Load(folder);
        return datasets.TryGet(name, out var dataset)
            ? dataset
            : throw new UsageException(
                $"There is no dataset \"{DisplayText.OneLine(name)}\"; available: {string.Join(", ", datasets.All.Select(each => each.Name))}.");
    }
}
