using CsvIngest.Resilience;
using Microsoft.Extensions.Logging;
using ResiliencePipeline = Polly.ResiliencePipeline;

namespace CsvIngest.RabbitMq;

/// <summary>
/// Keeps a publisher connected: opens a session, waits for its end, and opens the next one. It knows nothing of messages.
/// </summary>
internal sealed class PublisherConnection
{
    private readonly RabbitMqOptions _options;
    private readonly string _routingKey;
    private readonly IPublisherEvents _events;
    private readonly Outage _outage;
    private readonly ResiliencePipeline _retry;

    /// <param name="routingKey">The queue to publish to.</param>
    /// <param name="events">Receives what happens, on any thread.</param>
    public PublisherConnection(RabbitMqOptions options, string routingKey, IPublisherEvents events, ILogger logger)
    {
        (_options, _routingKey, _events) = (options, routingKey, events);
        _outage = Log.OutageOf("Publisher", options, logger);
        _retry = Retry.Unlimited(
            failure => failure is BrokerUnavailableException, failure => _outage.Fail(failure), options.Time);
    }

    /// <summary>Why there is no connection; null when there is one, or has not been one yet.</summary>
    public string? FailureReason => _outage.Reason;

    /// <summary>Runs until it is stopped or the broker denies access, which is reported as an event too. Does not throw.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        try
        {
            while (true)
            {
                // One execution ends with the loss of a session that worked; then the delays start again from the first.
                await _retry.ExecuteAsync(UseSessionAsync, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Disposed.
        }
        catch (Exception failure)
        {
            _events.Failed(failure);
        }
    }

    private async ValueTask UseSessionAsync(CancellationToken stop)
    {
        await using var session = await PublishSession.OpenAsync(_options, _routingKey, _events.BlockedChanged, stop);
        _outage.Succeed();
        _events.Connected(session);
        var end = await session.Ended.WaitAsync(stop);
        _events.Disconnected(session);
        if (end.IsDenied)
        {
            throw new DeniedException(BrokerErrors.Rejected(_options.DisplayAddress, end.Reason));
        }

        if (!session.HasWorked)
        {
            throw new BrokerUnavailableException(end.Reason);
        }

        _outage.Fail(end.Reason);
    }
}

/// <summary>What happens to the connection of a publisher.</summary>
internal interface IPublisherEvents
{
    /// <summary>There is a session; it is used until it ends.</summary>
    void Connected(PublishSession session);

    /// <summary>The session has ended, and what it had not confirmed will never be confirmed on it.</summary>
    void Disconnected(PublishSession session);

    /// <summary><see cref="PublishSession.BlockedReason"/> has changed.</summary>
    void BlockedChanged(PublishSession session);

    /// <summary>There will be no other session.</summary>
    void Failed(Exception failure);
}
