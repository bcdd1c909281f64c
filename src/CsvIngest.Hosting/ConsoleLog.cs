using System.Globalization;
using Microsoft.Extensions.Logging;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Extensions.Logging;

namespace CsvIngest.Hosting;

/// <summary>The log of a program, on standard error. The only place that knows what writes it; all else logs through <see cref="Microsoft.Extensions.Logging.ILogger"/>.</summary>
internal static class ConsoleLog
{
    private const string Line = "{Timestamp:yyyy-MM-dd HH:mm:ss.fff} [{Level:u3}] {Message:lj}";

    /// <summary>Opens the log. Disposing of the factory writes what is still buffered.</summary>
    /// <param name="verbose">Whether to include debug messages and stack traces.</param>
    /// <param name="quiet">Whether to write warnings and errors only. <paramref name="verbose"/> takes precedence.</param>
    public static ILoggerFactory Open(bool verbose, bool quiet)
    {
        var logger = new LoggerConfiguration()
            .MinimumLevel.Is(verbose ? LogEventLevel.Debug : quiet ? LogEventLevel.Warning : LogEventLevel.Information)
            // A web server tells of every request.
            .MinimumLevel.Override("Microsoft", verbose ? LogEventLevel.Debug : LogEventLevel.Warning)
            .Enrich.With(new OneLine(verbose))
            .WriteTo.Console(
                outputTemplate: $"{Line}{{{OneLine.Reason}:l}}{{NewLine}}",
                formatProvider: CultureInfo.InvariantCulture,
                standardErrorFromLevel: LogEventLevel.Verbose)
            .CreateLogger();
        // Not through LoggerFactory.Create, which starts the options framework for one provider: a tenth of a short run.
        return new SerilogLoggerFactory(logger, dispose: true);
    }

    /// <summary>Keeps every entry on a line of its own, apart from stack traces, whatever a file's name, a server's answer or an exception contains.</summary>
    private sealed class OneLine(bool verbose) : ILogEventEnricher
    {
        /// <summary>The property with the reason of the entry's exception, to follow its message; if verbose, all of the exception.</summary>
        public const string Reason = "ExceptionReason";

        public void Enrich(LogEvent logEvent, ILogEventPropertyFactory propertyFactory)
        {
            foreach (var (name, value) in logEvent.Properties.ToList())
            {
                if (value is ScalarValue { Value: string text } && DisplayText.OneLine(text) is var shown && shown != text)
                {
                    logEvent.AddOrUpdateProperty(new LogEventProperty(name, new ScalarValue(shown)));
                }
            }

            if (logEvent.Exception is { } failure)
            {
                logEvent.AddPropertyIfAbsent(new LogEventProperty(Reason, new ScalarValue(
                    verbose ? Environment.NewLine + DisplayText.Lines(failure.ToString()) : $": {FailureReason.Of(failure)}")));
            }
        }
    }
}
