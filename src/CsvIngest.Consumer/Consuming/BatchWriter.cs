using CsvIngest.Datasets;
using CsvIngest.Store;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.Retry;

namespace CsvIngest.Consumer.Consuming;

/// <summary>
/// Applies rounds to the store, trying the same transaction again for as long as the database is away: the deliveries
/// stay unsettled meanwhile, and the ledger absorbs a commit whose answer was lost. Shared by the lanes.
/// </summary>
internal sealed class BatchWriter(IStore store, Readiness readiness, ILogger<BatchWriter> logger)
{
    /// <summary>The longest delay between two attempts; a guess, short beside any failover.</summary>
    private static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(5);

    private readonly Outage _outage = new(TimeProvider.System);

    /// <summary>Applies parts in one transaction. Null when we were told to stop while the database was away.</summary>
    public async Task<IReadOnlyList<PartOutcome>?> ApplyAsync(
        IReadOnlyList<ImportPart> parts, CancellationToken stop, CancellationToken abort)
    {
        var pipeline = new ResiliencePipelineBuilder().AddRetry(new RetryStrategyOptions
        {
            ShouldHandle = arguments => ValueTask.FromResult(
                arguments.Outcome.Exception is StoreUnavailableException && !stop.IsCancellationRequested),
            MaxRetryAttempts = int.MaxValue,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            Delay = TimeSpan.FromMilliseconds(100),
            MaxDelay = MaxDelay,
            OnRetry = arguments =>
            {
                Failed(arguments.Outcome.Exception!);
                return ValueTask.CompletedTask;
            },
        }).Build();

        try
        {
            // Not with the stop token: a pipeline whose token is cancelled makes no attempt at all, and a batch that was
            // gathered when we were told to stop still goes in.
            // The store is not told to abort, we only stop waiting for it: a driver that asks a silent database to cancel waits
            // for that answer too. The transaction ends with our process, and what it may still commit the ledger knows.
            var outcomes = await pipeline.ExecuteAsync(
                async token => await store.ApplyAsync(parts, CancellationToken.None).WaitAsync(token), abort);
            Succeeded();
            return outcomes;
        }
        catch (Exception e) when (stop.IsCancellationRequested && e is StoreUnavailableException or OperationCanceledException)
        {
            logger.StoppedWhileDatabaseAway();
            return null;
        }
    }

    /// <summary>
    /// Looks whether the database is there, for times when nothing is applied. Must not run beside <see cref="ApplyAsync"/>: a
    /// database that answers a look and fails every transaction would be lost and back in turns.
    /// </summary>
    /// <exception cref="DeniedException">It is there and cannot be used.</exception>
    public async Task LookAsync(IReadOnlyCollection<Dataset> datasets, CancellationToken cancellationToken)
    {
        try
        {
            await store.CheckAsync(datasets, CancellationToken.None).WaitAsync(cancellationToken);
            Succeeded();
        }
        catch (StoreUnavailableException e)
        {
            Failed(e);
        }
    }

    private void Failed(Exception failure)
    {
        readiness.StoreReachable = false;
        switch (_outage.Fail())
        {
            case OutageNews.Began:
                logger.DatabaseLost(store.DisplayAddress, failure.Message);
                break;
            case OutageNews.StillThere:
                logger.DatabaseStillAway(store.DisplayAddress, (int)_outage.Length.TotalSeconds, failure.Message);
                break;
        }
    }

    private void Succeeded()
    {
        var length = _outage.Length;
        if (_outage.Succeed())
        {
            logger.DatabaseBack(store.DisplayAddress, length.TotalSeconds);
        }

        readiness.StoreReachable = true;
    }
}
