using System.Collections.Concurrent;
using CsvIngest.Datasets;
using Microsoft.Extensions.Logging;

namespace CsvIngest.Postgres;

/// <summary>The <see cref="CopyChoice"/> of each table of a store.</summary>
internal sealed class CopyChoices(CopyOptions options, ILogger logger)
{
    private readonly ConcurrentDictionary<string, CopyChoice> _byTable = new(StringComparer.Ordinal);

    /// <summary>The choice for the table of a dataset.</summary>
    public CopyChoice For(Dataset dataset) => _byTable.GetOrAdd(dataset.Table, _ => new CopyChoice(options));

    /// <summary>Records why a table takes no COPY, and logs it when that changes.</summary>
    /// <param name="obstacle">Null if it does.</param>
    public void Record(Dataset dataset, string? obstacle)
    {
        if (!For(dataset).Record(obstacle))
        {
            return;
        }

        if (obstacle is null)
        {
            Log.CopyOn(logger, dataset.Table);
        }
        else
        {
            Log.CopyOff(logger, dataset.Table, obstacle);
        }
    }
}
