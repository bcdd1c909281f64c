using System.CommandLine;
using System.Globalization;
using CsvIngest;
using CsvIngest.Consumer.Commands;
using CsvIngest.Hosting;
using CsvIngest.Settings;
using Microsoft.Extensions.Logging;
using Serilog;
using Serilog.Events;

var common = new CommonOptions();
var root = new RootCommand("Takes slices of CSV files from a queue and puts their rows into a database, once each.")
{
    MigrateCommand.Create(common, Open),
    StatusCommand.Create(common, Open),
    DeadLettersCommand.Create(common, Open),
};
common.AddTo(root);
RunCommand.AddTo(root, common, Open);

// A file name may begin with "@", which would otherwise mean a file of arguments.
var arguments = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
var errors = CommandLineErrors.Find(arguments, args);
if (errors.Count > 0)
{
    foreach (var error in errors)
    {
        Console.Error.WriteLine($"consumer: {error}");
    }

    Console.Error.WriteLine("consumer: see consumer --help");
    return ExitCodes.Usage;
}

try
{
    return await arguments.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
}
catch (Exception e)
{
    return Exit.Report(e, "consumer", arguments.GetValue(common.Verbose), Console.Error);
}

Session Open(ParseResult result)
{
    var logger = new LoggerConfiguration()
        .MinimumLevel.Is(result.GetValue(common.Verbose) ? LogEventLevel.Debug : LogEventLevel.Information)
        .WriteTo.Console(
            outputTemplate: "{Timestamp:yyyy-MM-dd HH:mm:ss.fff} [{Level:u3}] {Message:lj}{NewLine}{Exception}",
            formatProvider: CultureInfo.InvariantCulture,
            standardErrorFromLevel: LogEventLevel.Verbose)
        .CreateLogger();
    var appSettings = Path.Combine(AppContext.BaseDirectory, "appsettings.json");
    var settings = new SettingsReader(
        Environment.GetEnvironmentVariable, File.ReadAllText, File.Exists(appSettings) ? File.ReadAllText(appSettings) : null);
    return new Session(settings, LoggerFactory.Create(logging => logging.SetMinimumLevel(LogLevel.Trace).AddSerilog(logger, dispose: true)));
}
