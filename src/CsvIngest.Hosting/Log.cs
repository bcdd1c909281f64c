using Microsoft.Extensions.Logging;

namespace CsvIngest.Hosting;

/// <summary>Every log message of what all programs share: event ids 6000 to 6999, never reused.</summary>
internal static partial class Log
{
    [LoggerMessage(6001, LogLevel.Warning, "Telemetry is off: {Reason}")]
    public static partial void TelemetryIgnored(this ILogger logger, string reason);

    [LoggerMessage(6002, LogLevel.Warning, "Telemetry was not exported: the collector is unavailable, has rejected it, or did not answer in time; this is logged once")]
    public static partial void TelemetryNotExported(this ILogger logger);
}
