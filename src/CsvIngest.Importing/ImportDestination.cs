using CsvIngest.Messages;
using CsvIngest.Resilience;
using CsvIngest.Telemetry;

namespace CsvIngest.Importing;

/// <summary>Where imports publish: a queue of a broker, and the one publisher of all imports that go there. Not for concurrent use.</summary>
public sealed class ImportDestination : IAsyncDisposable
{
    private readonly IBroker? _broker;
    private readonly TimeSpan _timeout;
    private readonly Action<Exception>? _waiting;
    private readonly QueueInstruments? _instruments;
    private IPublisher? _publisher;

    /// <summary>A queue that is prepared, and connected to, when the first import needs it.</summary>
    /// <param name="broker">The broker; disposed with the destination.</param>
    /// <param name="queue">The queue's name.</param>
    /// <param name="timeout">How long to wait for an unavailable broker.</param>
    /// <param name="waiting">Called once when the broker is unavailable and the waiting begins.</param>
    public ImportDestination(IBroker broker, string queue, TimeSpan timeout, Action<Exception> waiting)
    {
        (_broker, _timeout, _waiting) = (broker, timeout, waiting);
        (DisplayAddress, Queue) = (broker.DisplayAddress, queue);
        _instruments = new QueueInstruments(broker.System, queue);
    }

    /// <summary>A publisher that is ready for use.</summary>
    /// <param name="publisher">The publisher; disposed with the destination.</param>
    /// <param name="displayAddress">The broker's address, without password.</param>
    /// <param name="queue">The queue's name.</param>
    public ImportDestination(IPublisher publisher, string displayAddress, string queue)
    {
        _publisher = publisher;
        (DisplayAddress, Queue) = (displayAddress, queue);
    }

    /// <summary>The broker's address, without password. An import can be resumed only where it began.</summary>
    public string DisplayAddress { get; }

    /// <summary>The queue's name.</summary>
    public string Queue { get; }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_publisher is not null)
        {
            await _publisher.DisposeAsync();
        }

        if (_broker is not null)
        {
            await _broker.DisposeAsync();
        }
    }

    /// <summary>The publisher. The first call waits for the broker, up to the timeout, and checks the queue.</summary>
    internal async Task<IPublisher> OpenAsync(CancellationToken cancellationToken)
    {
        if (_publisher is null)
        {
            await Retry.WhileUnavailableAsync(() => _broker!.PrepareAsync(cancellationToken), _timeout, _waiting!, cancellationToken);
            _publisher = _instruments!.Follow(_broker!.OpenPublisher(new PublisherOptions { Timeout = _timeout }));
        }

        return _publisher;
    }

    /// <summary>Closes a publisher that has given up, so that the next import connects anew.</summary>
    internal async Task ReconnectNextTimeAsync()
    {
        if (_broker is not null && _publisher is not null)
        {
            await _publisher.DisposeAsync();
            _publisher = null;
        }
    }
}
