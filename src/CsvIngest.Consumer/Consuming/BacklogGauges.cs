using System.Diagnostics.Metrics;
using CsvIngest.Messages;
using CsvIngest.Store;
using CsvIngest.Telemetry;
using Microsoft.Extensions.Hosting;

namespace CsvIngest.Consumer.Consuming;

/// <summary>
/// The metrics of what waits: messages in the queue and in the dead-letter queue, and the age of the oldest unfinished import. They are the
/// same for all consumers of a queue. Nothing is asked while nobody listens.
/// </summary>
internal sealed class BacklogGauges : BackgroundService
{
    /// <summary>
    /// How often the servers are asked. 15 s, a guess: as often as Prometheus commonly scrapes. Each count takes a connection of the broker.
    /// </summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);

    /// <summary>How many imports are looked at to find unfinished ones: the latest 20, as many as <c>status</c> lists. The books of more take time.</summary>
    private const int LatestImports = 20;

    private readonly IBroker _broker;
    private readonly IStore _store;
    private readonly ObservableGauge<long> _messages;
    private readonly ObservableGauge<long> _deadLetters;
    private readonly ObservableGauge<double> _age;
    private IReadOnlyCollection<Guid> _unfinished = [];

    // Null while it is not known.
    private volatile QueueLengths? _lengths;
    private volatile object? _oldestAge;

    public BacklogGauges(IBroker broker, IStore store, QueueInstruments instruments)
    {
        (_broker, _store) = (broker, store);
        var queue = KeyValuePair.Create("messaging.destination.name", (object?)instruments.Queue);
        _messages = Instruments.Meter.CreateObservableGauge(
            "csvingest.queue.messages", () => Known(_lengths?.Messages, queue), "{message}", "Messages that wait in the queue");
        _deadLetters = Instruments.Meter.CreateObservableGauge(
            "csvingest.dead_letter_queue.messages", () => Known(_lengths?.DeadLetters, queue), "{message}", "Messages in the dead-letter queue");
        _age = Instruments.Meter.CreateObservableGauge(
            "csvingest.oldest_unfinished_import.age",
            () => Known((double?)_oldestAge),
            "s",
            "Time since the first message of the oldest unfinished import was stored; 0 if all are complete");
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval);
        try
        {
            do
            {
                if (_messages.Enabled || _deadLetters.Enabled || _age.Enabled)
                {
                    await Task.WhenAll(CountAsync(stoppingToken), FindOldestAsync(stoppingToken));
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    private async Task CountAsync(CancellationToken cancellationToken)
    {
        try
        {
            _lengths = await _broker.CountAsync(cancellationToken).WaitAsync(Interval, cancellationToken);
        }
        // Whatever it is: a metric must not end the consumer.
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            _lengths = null;
        }
    }

    /// <summary>Looks at the latest imports, and at those older ones that were unfinished when they were looked at last.</summary>
    private async Task FindOldestAsync(CancellationToken cancellationToken)
    {
        try
        {
            var imports = (await ReportAsync(new ImportFilter { Limit = LatestImports })).ToList();
            foreach (var id in _unfinished.Except(imports.Select(import => import.ImportId)).ToList())
            {
                imports.AddRange(await ReportAsync(ImportFilter.Of(id)));
            }

            var unfinished = imports.Where(import => !import.Complete).ToList();
            _oldestAge = unfinished.Select(import => (import.ReadAt - import.StartedAt).TotalSeconds).DefaultIfEmpty(0).Max();
            _unfinished = [.. unfinished.OrderBy(import => import.StartedAt).Take(LatestImports).Select(import => import.ImportId)];
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            _oldestAge = null;
        }

        Task<IReadOnlyList<ImportBooks>> ReportAsync(ImportFilter filter) =>
            _store.ReportAsync(filter, cancellationToken).WaitAsync(Interval, cancellationToken);
    }

    private static IEnumerable<Measurement<T>> Known<T>(T? value, params KeyValuePair<string, object?>[] tags)
        where T : struct => value is { } known ? [new Measurement<T>(known, tags)] : [];
}
