using CsvIngest.Datasets;
using CsvIngest.Resilience;
using CsvIngest.Store;
using Microsoft.Extensions.Logging;
using Polly;

namespace CsvIngest.Consumer.Consuming;

/// <summary>
/// Applies batches to the store, and tries the same transaction again for as long as the database is unavailable: the deliveries stay
/// unsettled meanwhile, and the ledger absorbs a commit whose answer was lost. Shared by the lanes.
/// </summary>
internal sealed class BatchWriter
{
    private readonly IStore _store;
    private readonly Readiness _readiness;
    private readonly CancellationToken _stop;
    private readonly CancellationToken _abort;
    private readonly ILogger _logger;
    private readonly Outage _outage;
    private readonly ResiliencePipeline _retry;

    /// <param name="stop">Ends the retries after the attempt that is being made.</param>
    /// <param name="abort">Ends an attempt too.</param>
    public BatchWriter(
        IStore store, Readiness readiness, ILogger<BatchWriter> logger, TimeProvider time, CancellationToken stop, CancellationToken abort)
    {
        (_store, _readiness, _logger, _stop, _abort) = (store, readiness, logger, stop, abort);
        _outage = new Outage(
            time,
            reason => logger.DatabaseUnavailable(store.DisplayAddress, reason),
            (lasted, reason) => logger.DatabaseStillUnavailable(store.DisplayAddress, (long)lasted.TotalSeconds, reason),
            lasted => logger.DatabaseAvailable(store.DisplayAddress, lasted.TotalSeconds));
        _retry = Retry.Unlimited(
            failure => failure is StoreUnavailableException && !stop.IsCancellationRequested, OnFailure, time);
    }

    /// <summary>Whether the database was unavailable when it was last tried.</summary>
    public bool IsHeldUp => _outage.Reason is not null;

    /// <summary>Applies parts in one transaction.</summary>
    /// <returns>What became of each; null when the consumer was stopped before the database had answered.</returns>
    public async Task<IReadOnlyList<PartOutcome>?> ApplyAsync(IReadOnlyList<ImportPart> parts)
    {
        try
        {
            // Not with the stop token: a pipeline whose token is cancelled makes no attempt at all, and a batch that has been gathered
            // before the stop is still applied.
            // The store is not told to abort, it is only no longer waited for: a driver that asks a silent database to cancel waits
            // for that answer too. The transaction ends with this process, and what it may still commit is in the ledger.
            var outcomes = await _retry.ExecuteAsync(
                async token => await _store.ApplyAsync(parts, CancellationToken.None).WaitAsync(token), _abort);
            OnSuccess();
            return outcomes;
        }
        catch (Exception e) when (_stop.IsCancellationRequested && e is StoreUnavailableException or OperationCanceledException)
        {
            _logger.StoppedBeforeDatabaseAnswered();
            return null;
        }
    }

    /// <summary>
    /// Checks the database while nothing is applied. Must not run beside <see cref="ApplyAsync"/>: a database that answers the check and
    /// fails every transaction would be unavailable and available by turns.
    /// </summary>
    /// <exception cref="DeniedException">It is available and cannot be used.</exception>
    public async Task CheckAsync(IReadOnlyCollection<Dataset> datasets, CancellationToken cancellationToken)
    {
        for (var mayBeStale = !IsHeldUp; ; mayBeStale = false)
        {
            try
            {
                await _store.CheckAsync(datasets, CancellationToken.None).WaitAsync(cancellationToken);
                OnSuccess();
                return;
            }
            catch (StoreUnavailableException) when (mayBeStale)
            {
                // A connection that was idle may have been closed by the server or by a proxy: the next one shows whether that is all.
            }
            catch (StoreUnavailableException e)
            {
                OnFailure(e);
                return;
            }
        }
    }

    private void OnFailure(Exception failure)
    {
        _readiness.StoreReachable = false;
        _outage.Fail(failure);
    }

    private void OnSuccess()
    {
        _outage.Succeed();
        _readiness.StoreReachable = true;
    }
}
