using Microsoft.Extensions.Logging;

namespace CsvIngest.Monitoring;

/// <summary>Every log message of the monitoring server: event ids 7000 to 7999, never reused.</summary>
internal static partial class Log
{
    [LoggerMessage(7001, LogLevel.Information, "Listening for {Option} on {Address}")]
    public static partial void Listening(this ILogger logger, string option, string address);
}
