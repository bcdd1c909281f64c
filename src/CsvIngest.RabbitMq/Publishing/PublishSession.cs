using System.Diagnostics;
using CsvIngest.Messages;
using RabbitMQ.Client;

namespace CsvIngest.RabbitMq;

/// <summary>A connection and a confirming channel for publishing. It is used until the first trouble, then replaced.</summary>
internal sealed class PublishSession : IAsyncDisposable
{
    private readonly RabbitMqOptions _options;
    private readonly string _routingKey;
    private readonly BrokerLink _link;
    private readonly long _opened = Stopwatch.GetTimestamp();
    private IChannel _channel = null!;

    private PublishSession(RabbitMqOptions options, string routingKey, BrokerLink link)
    {
        _options = options;
        _routingKey = routingKey;
        _link = link;
    }

    /// <inheritdoc cref="BrokerLink.Ended"/>
    public Task<LinkEnd> Ended => _link.Ended;

    public TimeSpan Age => Stopwatch.GetElapsedTime(_opened);

    /// <summary>Connects, makes sure of the queues, and opens the channel.</summary>
    /// <param name="onBlocked">Called with a reason when the broker blocks publishers, with null when it no longer does.</param>
    /// <exception cref="DeniedException">The broker refuses us.</exception>
    /// <exception cref="BrokerUnavailableException">The broker cannot be reached now.</exception>
    public static async Task<PublishSession> OpenAsync(
        RabbitMqOptions options, string routingKey, Action<PublishSession, string?> onBlocked, CancellationToken cancellationToken)
    {
        var link = await BrokerLink.OpenAsync(options, "publisher", cancellationToken);
        var session = new PublishSession(options, routingKey, link);
        try
        {
            link.OnBlocked(reason => onBlocked(session, reason));
            await session.PrepareAsync(cancellationToken);
            session._channel = await link.OpenChannelAsync(
                new CreateChannelOptions(
                    publisherConfirmationsEnabled: true,
                    publisherConfirmationTrackingEnabled: true,
                    // The stock limiter sleeps up to a second at its limit. The caller limits what is outstanding.
                    outstandingPublisherConfirmationsRateLimiter: null),
                cancellationToken);
            return session;
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    /// <summary>Declares the queues where they are missing.</summary>
    public Task PrepareAsync(CancellationToken cancellationToken) =>
        QueueTopology.PrepareAsync(_link, _options, cancellationToken);

    /// <summary>
    /// Publishes once; completes on the confirm. To be called by one task at a time, so that messages leave in the order of the
    /// calls. May never complete when the connection hangs.
    /// </summary>
    /// <exception cref="RabbitMQ.Client.Exceptions.PublishException">The broker turned it away, or returned it.</exception>
    public async Task PublishAsync(PendingPublish publish)
    {
        // The token must not be one that can be cancelled: the client then loses count of its messages (#1900).
        // Properties of its own for each attempt, because the client writes its sequence number into the headers.
        await _channel.BasicPublishAsync(
            exchange: "", _routingKey, mandatory: true, Properties(publish), publish.Message.Body, CancellationToken.None);
    }

    /// <inheritdoc cref="BrokerLink.DisposeAsync"/>
    public ValueTask DisposeAsync() => _link.DisposeAsync();

    private static BasicProperties Properties(PendingPublish publish)
    {
        var properties = new BasicProperties { Persistent = true, ContentType = publish.Message.ContentType };
        if (publish.DeadLetter is { } why)
        {
            properties.Timestamp = new AmqpTimestamp(DateTimeOffset.UtcNow.ToUnixTimeSeconds());
            properties.Headers = new Dictionary<string, object?>
            {
                [DeadLetterHeaders.Reason] = why.Reason,
                [DeadLetterHeaders.Detail] = why.Detail,
            };
        }

        return properties;
    }
}
