using CsvIngest.Messages;
using CsvIngest.Telemetry;
using RabbitMQ.Client;

namespace CsvIngest.RabbitMq;

/// <summary>A connection and a confirming channel for publishing. It is used until the first failure, then replaced.</summary>
internal sealed class PublishSession : IAsyncDisposable
{
    /// <summary>
    /// A quorum queue has two priorities from RabbitMQ 4.0 on: of those above 4 it delivers two messages for each other one. Before, it
    /// ignores priorities.
    /// </summary>
    private const byte HighPriority = 5;

    private readonly RabbitMqOptions _options;
    private readonly string _routingKey;
    private readonly BrokerLink _link;
    private readonly long _opened;
    private readonly Lazy<Task<bool>> _leaderCheck;
    private IChannel _channel = null!;
    private volatile bool _hasConfirmed;
    private volatile string? _blockedReason;

    private PublishSession(RabbitMqOptions options, string routingKey, BrokerLink link)
    {
        _options = options;
        _routingKey = routingKey;
        _link = link;
        _opened = options.Time.GetTimestamp();
        _leaderCheck = new(HasLeaderAsync);
    }

    /// <inheritdoc cref="BrokerLink.Ended"/>
    public Task<LinkEnd> Ended => _link.Ended;

    /// <summary>Why the broker blocks publishers; null when it does not.</summary>
    public string? BlockedReason => _blockedReason;

    /// <summary>Whether it has confirmed a message or has lived long: then the next one is opened without delay.</summary>
    public bool HasWorked => _hasConfirmed || _options.Time.GetElapsedTime(_opened) > BrokerLink.StableAfter;

    /// <summary>Connects, declares the queues where they are missing, and opens the channel.</summary>
    /// <param name="onBlockedChanged">Called when <see cref="BlockedReason"/> changes.</param>
    /// <exception cref="DeniedException">The broker denies access.</exception>
    /// <exception cref="BrokerUnavailableException">The broker is unavailable now.</exception>
    public static async Task<PublishSession> OpenAsync(
        RabbitMqOptions options, string routingKey, Action<PublishSession> onBlockedChanged, CancellationToken cancellationToken)
    {
        var link = await BrokerLink.OpenAsync(options, "publisher", cancellationToken);
        var session = new PublishSession(options, routingKey, link);
        try
        {
            link.OnBlocked(reason =>
            {
                session._blockedReason = reason;
                onBlockedChanged(session);
            });
            await QueueTopology.PrepareAsync(link, options, cancellationToken);
            session._channel = await link.OpenChannelAsync(
                new CreateChannelOptions(
                    publisherConfirmationsEnabled: true,
                    publisherConfirmationTrackingEnabled: true,
                    // The default limiter sleeps up to a second at its limit. The caller limits what is outstanding.
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

    /// <summary>
    /// Publishes once and completes on the confirm. Only one task may call it, so that messages leave in the order of the calls. May
    /// never complete when the connection hangs.
    /// </summary>
    /// <exception cref="RabbitMQ.Client.Exceptions.PublishException">The queue rejected the message, or there is no queue.</exception>
    public async Task PublishAsync(PendingPublish publish)
    {
        // The token must not be one that can be cancelled: the client then loses count of its messages (client issue #1900).
        // Properties of its own for each attempt, because the client writes its sequence number into the headers.
        await _channel.BasicPublishAsync(
            exchange: "", _routingKey, mandatory: true, Properties(publish), publish.Message.Body, CancellationToken.None);
        _hasConfirmed = true;
    }

    /// <summary>Ends this session if the queue has no leader. The queue is asked once a session, however often this is called.</summary>
    /// <returns>Whether the session can still be used.</returns>
    public Task<bool> CheckLeaderAsync() => _leaderCheck.Value;

    /// <inheritdoc cref="BrokerLink.End"/>
    public bool End(string reason) => _link.End(reason);

    /// <inheritdoc cref="BrokerLink.DisposeAsync"/>
    public ValueTask DisposeAsync() => _link.DisposeAsync();

    private async Task<bool> HasLeaderAsync()
    {
        try
        {
            await QueueTopology.CountAsync(_link, _routingKey, CancellationToken.None);
            return true;
        }
        catch (Exception error)
        {
            End(BrokerErrors.Reason(error));
            return false;
        }
    }

    private BasicProperties Properties(PendingPublish publish)
    {
        var properties = new BasicProperties { Persistent = true, ContentType = publish.Message.ContentType };
        if (publish.Message.IsUrgent)
        {
            properties.Priority = HighPriority;
        }

        if (publish.Message.TraceParent is { } traceParent)
        {
            (properties.Headers = new Dictionary<string, object?>())[TraceParent.Header] = traceParent;
        }

        if (publish.DeadLetter is { } deadLetter)
        {
            properties.Timestamp = new AmqpTimestamp(_options.Time.GetUtcNow().ToUnixTimeSeconds());
            properties.Headers ??= new Dictionary<string, object?>();
            properties.Headers[DeadLetterHeaders.Reason] = deadLetter.Reason;
            properties.Headers[DeadLetterHeaders.Detail] = deadLetter.Detail;
        }

        return properties;
    }
}
