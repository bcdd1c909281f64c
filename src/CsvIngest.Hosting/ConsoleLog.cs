using System.Globalization;
using Microsoft.Extensions.Logging;
using Serilog;
using Serilog.Events;
using Serilog.Extensions.Logging;

namespace CsvIngest.Hosting;

/// <summary>The log of a program, on standard error. The only place that knows what writes it; all else logs through <see cref="Microsoft.Extensions.Logging.ILogger"/>.</summary>
internal static class ConsoleLog
{
    /// <summary>Opens the log. Disposing of the factory writes what is still buffered.</summary>
    /// <param name="verbose">Whether to include debug messages.</param>
    /// <param name="quiet">Whether to write warnings and errors only. <paramref name="verbose"/> takes precedence.</param>
    public static ILoggerFactory Open(bool verbose, bool quiet)
    {
        var logger = new LoggerConfiguration()
            .MinimumLevel.Is(verbose ? LogEventLevel.Debug : quiet ? LogEventLevel.Warning : LogEventLevel.Information)
            .WriteTo.Console(
                outputTemplate: "{Timestamp:yyyy-MM-dd HH:mm:ss.fff} [{Level:u3}] {Message:lj}{NewLine}{Exception}",
                formatProvider: CultureInfo.InvariantCulture,
                standardErrorFromLevel: LogEventLevel.Verbose)
            .CreateLogger();
        // Not through LoggerFactory.Create, which starts the options framework for one provider: a tenth of a short run.
        return new SerilogLoggerFactory(logger, dispose: true);
    }
}
