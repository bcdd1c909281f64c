using CsvIngest.Messages;
using Microsoft.Extensions.Logging;

namespace CsvIngest.RabbitMq;

/// <summary>Publishes the dead letters of a receiver, on a connection of its own that is opened with the first of them.</summary>
internal sealed class DeadLetterPublisher(RabbitMqOptions options, ILogger logger) : IAsyncDisposable
{
    /// <summary>
    /// How long a dead letter may take before its delivery returns to the queue. As long as a publisher waits by default; unlike a publisher
    /// this does not wait for a blocked broker, which may need its queue emptied.
    /// </summary>
    private static readonly TimeSpan Timeout = new PublisherOptions().Timeout;

    private readonly SemaphoreSlim _publishing = new(1);
    private RabbitMqPublisher? _publisher;

    /// <summary>Publishes deliveries to the dead-letter queue and waits for the confirms.</summary>
    /// <returns>Those that are confirmed.</returns>
    public async Task<List<RabbitMqDelivery>> PublishAsync(
        IReadOnlyList<RabbitMqDelivery> deliveries, Outcome.DeadLettered deadLetter, CancellationToken cancellationToken)
    {
        await _publishing.WaitAsync(cancellationToken);
        try
        {
            _publisher ??= new RabbitMqPublisher(options, options.DeadLetterQueue, Timeout, logger);
            var publishes = deliveries.Select(delivery => _publisher.PublishAsync(Letter(delivery), deadLetter)).ToList();
            try
            {
                await Task.WhenAll(publishes).WaitAsync(Timeout, options.Time, cancellationToken);
            }
            catch (Exception error) when (!cancellationToken.IsCancellationRequested)
            {
                Log.NotDeadLettered(logger, deadLetter.Reason, error);
                // A letter that is still under way must not arrive after its delivery has returned to the queue.
                await _publisher.DisposeAsync();
                _publisher = null;
            }

            return [.. deliveries.Where((_, i) => publishes[i].IsCompletedSuccessfully)];
        }
        finally
        {
            _publishing.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_publisher is not null)
        {
            await _publisher.DisposeAsync();
        }

        _publishing.Dispose();
    }

    private static OutgoingMessage Letter(RabbitMqDelivery delivery) =>
        new(delivery.Body, delivery.ContentType ?? ContentTypes.Protobuf) { TraceParent = delivery.TraceParent };
}
