using Microsoft.Extensions.Logging;

namespace CsvIngest.Producer;

/// <summary>Every log message of the producer: event ids 1000 to 1999, never reused.</summary>
internal static partial class Log
{
    [LoggerMessage(1001, LogLevel.Information, "Publishing to queue {Queue} at {Broker}")]
    public static partial void Publishing(this ILogger logger, string queue, string broker);

    [LoggerMessage(1002, LogLevel.Information, "{Source}: {Shape}, dataset {Dataset}, import {Import}")]
    public static partial void Began(this ILogger logger, string source, string shape, string dataset, Guid import);

    [LoggerMessage(1003, LogLevel.Warning, "{Source}: {Warning}")]
    public static partial void Warned(this ILogger logger, string source, string warning);

    [LoggerMessage(1004, LogLevel.Information, "Resuming after slice {Slices}: {Rows} rows are already confirmed")]
    public static partial void Resumed(this ILogger logger, int slices, long rows);

    [LoggerMessage(1005, LogLevel.Information, "{Source}: {RowsRead} rows read, {RowsConfirmed} confirmed, {RowsRejected} rejected, {RowsPerSecond} rows/s{Waiting}")]
    public static partial void Progress(
        this ILogger logger, string source, long rowsRead, long rowsConfirmed, long rowsRejected, long rowsPerSecond, string waiting);

    [LoggerMessage(1006, LogLevel.Warning, "Broker unavailable, retrying for up to {Seconds} s: {Failure}")]
    public static partial void BrokerUnavailable(this ILogger logger, int seconds, string failure);

    [LoggerMessage(1007, LogLevel.Information, "Dry run: nothing is published")]
    public static partial void DryRun(this ILogger logger);

    [LoggerMessage(1008, LogLevel.Information, "{Source}: moved to {Target}")]
    public static partial void Moved(this ILogger logger, string source, string target);

    [LoggerMessage(1009, LogLevel.Information, "{Source}: resuming the import that began at {StartedAt:u} with its own options, which differ from those of this command")]
    public static partial void OptionsKept(this ILogger logger, string source, DateTimeOffset startedAt);

    [LoggerMessage(1010, LogLevel.Information, "{Source}: waiting until its size has not changed for {Seconds} s")]
    public static partial void Settling(this ILogger logger, string source, double seconds);

    [LoggerMessage(1011, LogLevel.Warning, "{Failure} Resuming may publish again what was confirmed since the state was last saved")]
    public static partial void StateNotSaved(this ILogger logger, string failure);

    [LoggerMessage(1020, LogLevel.Information, "{Source}: passing over {Count} other files in the archive: {Names}")]
    public static partial void PassedOver(this ILogger logger, string source, int count, string names);
}
