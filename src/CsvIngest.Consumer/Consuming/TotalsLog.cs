using CsvIngest.Store;
using Microsoft.Extensions.Logging;

namespace CsvIngest.Consumer.Consuming;

/// <summary>Logs the totals that a transaction has changed. Shared by the lanes.</summary>
internal sealed class TotalsLog(IStore store, ILogger<TotalsLog> logger)
{
    /// <summary>How many totals one line names. A guess: more than people read at a glance.</summary>
    private const int MostPerLine = 20;

    /// <summary>Logs the totals as they are after a transaction; other consumers may have changed them since.</summary>
    /// <param name="outcomes">What became of the parts of the transaction.</param>
    public async Task WriteAsync(IReadOnlyList<PartOutcome> outcomes)
    {
        var changed = outcomes.SelectMany(outcome => outcome.TotalChanges).Select(change => change.Key).ToHashSet();
        foreach (var group in changed.GroupBy(key => (key.Dataset, key.Definition)))
        {
            try
            {
                var values = group.Select(key => key.Value).Order(StringComparer.Ordinal).Take(MostPerLine).ToList();
                var totals = await store.ReadTotalsAsync(new TotalFilter(group.Key.Dataset, values), CancellationToken.None)
                    .Where(total => total.Key.Definition == group.Key.Definition)
                    .Select(total => $"({DisplayText.OneLine(total.Key.Value)}, {total.Sum})")
                    .ToListAsync();
                var others = group.Count() - totals.Count;
                logger.TotalsChanged(
                    group.Key.Definition.Sum,
                    group.Key.Definition.By,
                    group.Key.Dataset,
                    string.Join(", ", totals) + (others > 0 ? $" and {others} more" : ""));
            }
            catch (StoreUnavailableException e)
            {
                // The rows are committed and acknowledged; the next transaction waits for the database.
                logger.TotalsNotLogged(FailureReason.Of(e));
            }
        }
    }
}
