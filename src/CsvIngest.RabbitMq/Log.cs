using CsvIngest.Resilience;
using Microsoft.Extensions.Logging;

namespace CsvIngest.RabbitMq;

/// <summary>All log messages of the RabbitMQ adapter. Event ids 3000 to 3499, never reused.</summary>
internal static partial class Log
{
    /// <summary>An outage of a connection.</summary>
    /// <param name="client">Publisher or Receiver.</param>
    public static Outage OutageOf(string client, RabbitMqOptions options, ILogger logger) => new(
        options.Time,
        reason => Disconnected(logger, client, options.DisplayAddress, reason),
        (lasted, reason) => StillDisconnected(logger, client, options.DisplayAddress, (long)lasted.TotalSeconds, reason),
        lasted => Reconnected(logger, client, options.DisplayAddress, (long)lasted.TotalSeconds));

    [LoggerMessage(3001, LogLevel.Warning, "{Client} disconnected from {Broker}, reconnecting: {Reason}")]
    public static partial void Disconnected(ILogger logger, string client, string broker, string reason);

    [LoggerMessage(3002, LogLevel.Warning, "{Client} still disconnected from {Broker} after {Seconds} s: {Reason}")]
    public static partial void StillDisconnected(ILogger logger, string client, string broker, long seconds, string reason);

    [LoggerMessage(3003, LogLevel.Information, "{Client} reconnected to {Broker} after {Seconds} s")]
    public static partial void Reconnected(ILogger logger, string client, string broker, long seconds);

    [LoggerMessage(3004, LogLevel.Warning, "The certificate of {Broker} is not verified (verify_none): anybody could answer in its place")]
    public static partial void NotVerified(ILogger logger, string broker);

    [LoggerMessage(3010, LogLevel.Warning, "The broker blocks publishers ({Reason}); waiting")]
    public static partial void Blocked(ILogger logger, string reason);

    [LoggerMessage(3011, LogLevel.Information, "The broker accepts messages again")]
    public static partial void Unblocked(ILogger logger);

    [LoggerMessage(3012, LogLevel.Warning, "Queue {Queue} is full; waiting")]
    public static partial void QueueFull(ILogger logger, string queue);

    [LoggerMessage(3013, LogLevel.Information, "Queue {Queue} accepts messages again")]
    public static partial void QueueAccepts(ILogger logger, string queue);

    [LoggerMessage(3014, LogLevel.Warning, "Queue {Queue} does not exist (a message was returned); declaring it again")]
    public static partial void Returned(ILogger logger, string queue);

    [LoggerMessage(3015, LogLevel.Debug, "Publishing unconfirmed messages again on the next connection: {Count}")]
    public static partial void Republishing(ILogger logger, int count);

    [LoggerMessage(3020, LogLevel.Error, "Cannot dead-letter a message ({Reason}); it returns to the queue")]
    public static partial void NotDeadLettered(ILogger logger, string reason, Exception error);
}
