using CsvIngest.Datasets;
using CsvIngest.Store;
using Microsoft.Extensions.Logging;

namespace CsvIngest.Consumer.Datasets;

/// <summary>Checks which datasets the database has tables for.</summary>
internal static class UsableDatasets
{
    /// <summary>
    /// Checks the ledger and the tables of all datasets. A built-in dataset that nobody has asked for is left out, with a warning, if the table
    /// of its name belongs to another program: the others can be used all the same.
    /// </summary>
    /// <returns>The datasets whose rows can be stored.</returns>
    /// <exception cref="DeniedException">The ledger, or the table of another dataset, is missing or does not fit.</exception>
    /// <exception cref="StoreUnavailableException">The database is unavailable.</exception>
    public static async Task<DatasetCatalog> CheckAsync(
        IStore store, DatasetCatalog datasets, ILogger logger, CancellationToken cancellationToken)
    {
        await store.CheckAsync([.. datasets.All.Except(datasets.Unrequested)], cancellationToken);
        var unusable = new List<Dataset>();
        foreach (var dataset in datasets.Unrequested)
        {
            try
            {
                await store.CheckAsync([dataset], cancellationToken);
            }
            catch (DeniedException e)
            {
                logger.DatasetLeftOut(dataset.Name, FailureReason.Of(e));
                unusable.Add(dataset);
            }
        }

        return datasets.Without(unusable);
    }
}
