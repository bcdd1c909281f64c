using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using CsvIngest;
using CsvIngest.Hosting;
using CsvIngest.Producer;
using CsvIngest.Producer.CommandLine;
using CsvIngest.Producer.Importing;
using CsvIngest.Settings;
using Microsoft.Extensions.Logging;
using Serilog;
using Serilog.Events;

var command = new ProducerCommand();
command.Root.SetAction(RunAsync);

// A file name may begin with "@", which would otherwise mean a file of arguments.
var arguments = command.Root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
var errors = CommandLineErrors.Find(arguments, args);
if (errors.Count > 0)
{
    foreach (var error in errors)
    {
        Console.Error.WriteLine($"producer: {error}");
    }

    Console.Error.WriteLine("producer: see producer --help");
    return ExitCodes.Usage;
}

try
{
    return await arguments.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
}
catch (Exception e)
{
    return Exit.Report(e, "producer", command.IsVerbose(arguments), Console.Error);
}

async Task<int> RunAsync(ParseResult result, CancellationToken cancellationToken)
{
    var verbose = command.IsVerbose(result);
    using var loggers = LoggerFactory.Create(logging => logging.SetMinimumLevel(LogLevel.Trace).AddSerilog(
        new LoggerConfiguration()
            .MinimumLevel.Is(verbose ? LogEventLevel.Debug : command.IsQuiet(result) ? LogEventLevel.Warning : LogEventLevel.Information)
            .WriteTo.Console(
                outputTemplate: "{Timestamp:yyyy-MM-dd HH:mm:ss.fff} [{Level:u3}] {Message:lj}{NewLine}{Exception}",
                formatProvider: CultureInfo.InvariantCulture,
                standardErrorFromLevel: LogEventLevel.Verbose)
            .CreateLogger(),
        dispose: true));
    var logger = loggers.CreateLogger("CsvIngest.Producer");

    var appSettings = Path.Combine(AppContext.BaseDirectory, "appsettings.json");
    var settings = new SettingsReader(
        Environment.GetEnvironmentVariable, File.ReadAllText, File.Exists(appSettings) ? File.ReadAllText(appSettings) : null);
    var options = command.Options(result, settings);
    var folder = command.Datasets(result, settings);
    var queue = command.Queue(result, settings);
    await using var broker = options.DryRun
        ? null
        : new BrokerLink(Wiring.OpenBroker(command.Broker(result, settings), queue, loggers), queue, options.BrokerTimeout, logger);

    using var interrupted = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
    using var interrupt = OnSignal(PosixSignal.SIGINT, interrupted);
    using var terminate = OnSignal(PosixSignal.SIGTERM, interrupted);
    return await new ProducerProgram(options, name => Wiring.FindDataset(name, folder), broker, verbose, logger).RunAsync(interrupted.Token);
}

// The first signal stops the import in order; the second ends the process as signals do.
static PosixSignalRegistration OnSignal(PosixSignal signal, CancellationTokenSource source) =>
    PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = !source.IsCancellationRequested;
        source.Cancel();
    });
