using System.Globalization;
using CsvIngest.Contracts;
using CsvIngest.Messages;

namespace CsvIngest.ServerTests.Adapters;

/// <summary>Publishes 0, 1, 2, … with a window, as the producer does, until it is told to end.</summary>
internal sealed class NumberedPublishing
{
    private const int Window = 100;

    private readonly IPublisher _publisher;
    private readonly Lock _lock = new();
    private readonly List<(int Count, TaskCompletionSource Reached)> _waiters = [];
    private readonly TaskCompletionSource _end = new();
    private int _confirmed;

    public NumberedPublishing(IPublisher publisher)
    {
        _publisher = publisher;
        Done = Task.Run(RunAsync);
    }

    /// <summary>How many were published and confirmed; fails when a publish failed.</summary>
    public Task<int> Done { get; }

    public int Confirmed => Volatile.Read(ref _confirmed);

    /// <summary>Completes when this many more are confirmed.</summary>
    public Task AnotherAsync(int count)
    {
        lock (_lock)
        {
            var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiters.Add((_confirmed + count, reached));
            return Task.WhenAny(reached.Task, Done).Unwrap();
        }
    }

    /// <summary>Publishes no more, and waits for what is outstanding.</summary>
    public Task<int> EndAsync()
    {
        _end.TrySetResult();
        return Done;
    }

    private async Task<int> RunAsync()
    {
        var inFlight = new Queue<Task>();
        var published = 0;
        while (!_end.Task.IsCompleted)
        {
            inFlight.Enqueue(_publisher.PublishAsync(
                BrokerTesting.Message(published++.ToString(CultureInfo.InvariantCulture))));
            if (inFlight.Count >= Window)
            {
                await inFlight.Dequeue();
                Count();
            }
        }

        await Task.WhenAll(inFlight);
        return published;
    }

    private void Count()
    {
        lock (_lock)
        {
            _confirmed++;
            foreach (var (_, reached) in _waiters.Where(waiter => waiter.Count <= _confirmed))
            {
                reached.TrySetResult();
            }
        }
    }
}
