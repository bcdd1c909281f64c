using Microsoft.Extensions.Logging;

namespace CsvIngest.RabbitMq;

/// <summary>Everything this project logs. Event ids 3xxx, never reused.</summary>
internal static partial class Log
{
    [LoggerMessage(3001, LogLevel.Warning, "The {Purpose} has no connection to {Broker}: {Why}")]
    public static partial void Down(ILogger logger, string purpose, string broker, string why);

    [LoggerMessage(3002, LogLevel.Warning, "The {Purpose} is without connection to {Broker} for {Seconds} s now: {Why}")]
    public static partial void StillDown(ILogger logger, string purpose, string broker, long seconds, string why);

    [LoggerMessage(3003, LogLevel.Information, "The {Purpose} is connected to {Broker} again after {Seconds} s")]
    public static partial void Back(ILogger logger, string purpose, string broker, long seconds);

    [LoggerMessage(3010, LogLevel.Warning, "The broker blocks publishers ({Reason}); waiting")]
    public static partial void Blocked(ILogger logger, string reason);

    [LoggerMessage(3011, LogLevel.Information, "The broker takes messages again")]
    public static partial void Unblocked(ILogger logger);

    [LoggerMessage(3012, LogLevel.Warning, "Queue {Queue} is full; waiting")]
    public static partial void QueueFull(ILogger logger, string queue);

    [LoggerMessage(3013, LogLevel.Information, "Queue {Queue} takes messages again")]
    public static partial void QueueTakesAgain(ILogger logger, string queue);

    [LoggerMessage(3014, LogLevel.Warning, "Queue {Queue} is gone: a message was returned. Declaring it again")]
    public static partial void Returned(ILogger logger, string queue);

    [LoggerMessage(3015, LogLevel.Debug, "{Count} unconfirmed messages are published again")]
    public static partial void Republishing(ILogger logger, int count);

    [LoggerMessage(3020, LogLevel.Error, "A message could not be dead-lettered ({Reason}); it is handed back")]
    public static partial void NotDeadLettered(ILogger logger, string reason, Exception error);
}
