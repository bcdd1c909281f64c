using CsvIngest.Messages;
using Microsoft.Extensions.Logging;

namespace CsvIngest.Producer.Importing;

/// <summary>The broker, checked once before the first message, and the one publisher of this process.</summary>
internal sealed class BrokerLink(IBroker broker, string queue, TimeSpan timeout, ILogger logger) : IAsyncDisposable
{
    private bool _prepared;
    private IPublisher? _publisher;

    public string DisplayAddress => broker.DisplayAddress;

    public string Queue => queue;

    /// <summary>Publishes to the queue, across all files.</summary>
    public IPublisher Publisher => _publisher ??= broker.OpenPublisher(new PublisherOptions { Timeout = timeout });

    /// <summary>Waits for the broker, up to the timeout, and checks the queue.</summary>
    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        if (_prepared)
        {
            return;
        }

        await Retry.WhileUnavailableAsync(
            () => broker.PrepareAsync(cancellationToken),
            timeout,
            failure => logger.WaitingForBroker(failure.Message, (int)timeout.TotalSeconds),
            cancellationToken);
        _prepared = true;
    }

    public async ValueTask DisposeAsync()
    {
        if (_publisher is not null)
        {
            await _publisher.DisposeAsync();
        }

        await broker.DisposeAsync();
    }
}
