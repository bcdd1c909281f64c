using CsvIngest.Consumer.Datasets;
using CsvIngest.Datasets;
using CsvIngest.Messages;
using CsvIngest.Resilience;
using CsvIngest.Store;
using CsvIngest.Telemetry;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CsvIngest.Consumer.Consuming;

/// <summary>
/// The consumer's life: checks database and broker, runs its lanes, and ends when it is stopped, when the queue is drained, or when a
/// part of it fails. A host ends normally when a background service crashes, so the failure is kept for the exit code.
/// </summary>
internal sealed class ConsumerService(
    IBroker broker,
    IStore store,
    DatasetCatalog datasets,
    ConsumerOptions options,
    Totals totals,
    Readiness readiness,
    QueueInstruments instruments,
    IHostApplicationLifetime lifetime,
    ILoggerFactory loggers) : BackgroundService
{
    /// <summary>How often readiness and drain are checked; a guess: short for a person, long for a server.</summary>
    private static readonly TimeSpan WatchInterval = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// How many checks in a row must find the queue empty and every delivery settled before a drain is over: at the moment of one check
    /// a delivery may be on its way.
    /// </summary>
    private const int DrainedChecks = 3;

    /// <summary>
    /// How often the database is checked while there is nothing to store; a guess: a health check is not much more frequent.
    /// </summary>
    private static readonly TimeSpan StoreCheckInterval = TimeSpan.FromSeconds(5);

    private static readonly TimeProvider Time = TimeProvider.System;

    private readonly ILogger<ConsumerService> _logger = loggers.CreateLogger<ConsumerService>();

    /// <summary>Why the service ended by itself; null when it was stopped or is done.</summary>
    public Exception? Failure { get; private set; }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            using var readyFile = options.ReadyFile is null ? null : new ReadyFile(options.ReadyFile, readiness);
            var usable = datasets;
            await WaitForAsync(async () => usable = await UsableDatasets.CheckAsync(store, datasets, _logger, stoppingToken), stoppingToken);
            await WaitForAsync(() => broker.PrepareAsync(stoppingToken), stoppingToken);
            _logger.Started(broker.DisplayAddress, store.DisplayAddress, options.Parallel, options.Prefetch);
            await RunLanesAsync(usable, stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
        catch (Exception e)
        {
            Failure = e;
        }
        finally
        {
            lifetime.StopApplication();
        }
    }

    private Task WaitForAsync(Func<Task> step, CancellationToken stoppingToken) => Retry.WhileUnavailableAsync(
        step,
        options.StartTimeout,
        failure => _logger.WaitingForServer(FailureReason.Of(failure), (int)options.StartTimeout.TotalSeconds),
        stoppingToken);

    private async Task RunLanesAsync(DatasetCatalog usable, CancellationToken stoppingToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        using var abort = new CancellationTokenSource();
        using var stopTimer = stop.Token.Register(() => abort.CancelAfter(options.StopTimeout));
        readiness.StoreReachable = true;
        var writer = new BatchWriter(store, readiness, loggers.CreateLogger<BatchWriter>(), Time, stop.Token, abort.Token);
        var receivers = new List<IReceiver>();
        var started = Time.GetTimestamp();
        try
        {
            var lanes = new List<Lane>();
            var totalsLog = options.LogTotals ? new TotalsLog(store, loggers.CreateLogger<TotalsLog>()) : null;
            for (var i = 0; i < options.Parallel; i++)
            {
                receivers.Add(broker.OpenReceiver(new ReceiverOptions { Prefetch = options.Prefetch, IsHeldUp = () => writer.IsHeldUp }));
                lanes.Add(new Lane(
                    receivers[i], writer, instruments, new MessageDecoder(usable), options, totals, totalsLog, loggers.CreateLogger<Lane>()));
            }

            var running = lanes.Select(lane => Task.Run(() => lane.RunAsync(stop.Token, abort.Token), CancellationToken.None)).ToList();
            running.Add(WatchAsync(lanes, receivers, stop));
            running.Add(CheckIdleStoreAsync(usable, lanes, writer, stop.Token));

            // The first part to end, whether it is done or has failed, ends the others.
            await Task.WhenAny(running);
            await stop.CancelAsync();
            await Task.WhenAll(running);
        }
        finally
        {
            readiness.BrokerReachable = false;
            // Side by side: on a connection that does not answer each takes seconds, and a supervisor does not wait for the sum.
            await Task.WhenAll(receivers.Select(receiver => receiver.DisposeAsync().AsTask()));
            _logger.Stopped(
                totals.Inserted,
                totals.Duplicate,
                totals.Rejected,
                totals.Redelivered,
                totals.AlreadyApplied,
                totals.DeadLettered,
                Time.GetElapsedTime(started).TotalSeconds);
        }
    }

    private async Task WatchAsync(List<Lane> lanes, List<IReceiver> receivers, CancellationTokenSource stop)
    {
        using var timer = new PeriodicTimer(WatchInterval, Time);
        var drained = 0;
        while (!stop.IsCancellationRequested)
        {
            readiness.BrokerReachable = receivers.TrueForAll(receiver => receiver.IsReceiving);
            if (options.Drain)
            {
                drained = await IsDrainedAsync(lanes, receivers, stop.Token) ? drained + 1 : 0;
                if (drained == DrainedChecks)
                {
                    return;
                }
            }

            try
            {
                await timer.WaitForNextTickAsync(stop.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    // Batches show whether the database is available. Without any, it could be gone for days and the consumer would seem ready.
    private static async Task CheckIdleStoreAsync(DatasetCatalog usable, List<Lane> lanes, BatchWriter writer, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(StoreCheckInterval, Time);
        try
        {
            while (await timer.WaitForNextTickAsync(stop))
            {
                if (lanes.TrueForAll(lane => lane.IsIdle))
                {
                    await writer.CheckAsync(usable.All, stop);
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
        }
    }

    private static async Task<bool> IsDrainedAsync(List<Lane> lanes, List<IReceiver> receivers, CancellationToken cancellationToken)
    {
        try
        {
            return receivers.TrueForAll(receiver => receiver.IsReceiving)
                && lanes.TrueForAll(lane => lane.IsIdle)
                && await receivers[0].IsQueueEmptyAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }
}
