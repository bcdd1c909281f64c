using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Help;
using CsvIngest.Datasets;
using CsvIngest.Hosting.Telemetry;
using CsvIngest.Messages;
using CsvIngest.Settings;
using CsvIngest.Store;

namespace CsvIngest.Hosting;

/// <summary>
/// A command-line program: its name, the adapters it is built with, and what happens once around every command: parsing, settings,
/// logging, signals, last words and exit code.
/// </summary>
public sealed class Application
{
    private readonly List<(Setting Setting, Option<string?> Option)> _settings;

    /// <param name="name">The program's name.</param>
    /// <param name="brokers">The brokers it is built with.</param>
    /// <param name="stores">The databases it is built with; none for a program that has no use for one.</param>
    public Application(string name, IReadOnlyList<BrokerKind> brokers, params IReadOnlyList<StoreKind> stores)
    {
        (Name, Brokers, Stores) = (name, brokers, stores);
        Broker = Setting.Broker.Accepting(brokers.Select(kind => kind.Addresses));
        Database = Setting.Database.Accepting(stores.Select(kind => kind.Addresses));
        IEnumerable<Setting> settings = [Broker, .. stores.Count > 0 ? [Database] : Array.Empty<Setting>(), Setting.Queue, Setting.Datasets];
        _settings = [.. settings.Select(setting => (setting, setting.ToOption()))];
    }

    /// <summary>The program's name.</summary>
    public string Name { get; }

    /// <summary>The option that limits the log to warnings and errors; null if the program has none.</summary>
    public Option<bool>? Quiet { get; init; }

    /// <summary>The option that includes debug messages and stack traces.</summary>
    internal Option<bool> Verbose { get; } = new("--verbose")
    {
        Description = "Verbose logging, including stack traces", Recursive = true,
    };

    /// <summary>The names under which the drivers of its servers have spans and metrics of their own.</summary>
    public IReadOnlyList<string> DriverInstruments => [.. Stores.Select(kind => kind.DriverInstruments).OfType<string>()];

    internal IReadOnlyList<BrokerKind> Brokers { get; }

    internal IReadOnlyList<StoreKind> Stores { get; }

    internal IReadOnlyList<Setting> Settings => [.. _settings.Select(each => each.Setting)];

    internal Setting Broker { get; }

    internal Setting Database { get; }

    /// <summary>Sets what a command does.</summary>
    /// <param name="command">The command.</param>
    /// <param name="action">
    /// Runs it and returns the exit code. The first signal that asks the process to end cancels the token. What the action throws ends
    /// the program with the exit code that <see cref="Exit"/> has for it.
    /// </param>
    public void Handle(Command command, Func<CommandContext, CancellationToken, Task<int>> action) =>
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var loggers = ConsoleLog.Open(arguments.GetValue(Verbose), Quiet is not null && arguments.GetValue(Quiet));
            using var signals = new StopSignals(cancellationToken);
            var context = new CommandContext(this, arguments, ReadSettings(arguments), loggers);
            await using var telemetry = TelemetryExport.Start(Name, DriverInstruments, Environment.GetEnvironmentVariables(), context.Logger);
            return await action(context, signals.Token);
        });

    /// <summary>Runs the command that the command line names.</summary>
    /// <param name="root">The program's commands, each with an action. The options that every program has are added to it.</param>
    /// <param name="arguments">The command line.</param>
    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(RootCommand root, string[] arguments)
    {
        StandardStreams.Guard();
        foreach (var option in (IEnumerable<Option>)[.. _settings.Select(each => each.Option), Verbose])
        {
            root.Add(option);
        }

        root.Add(CompletionCommand.Create(Name));
        // Such as /h, which is a path.
        foreach (var help in root.Options.OfType<HelpOption>())
        {
            help.Aliases.Remove("/h");
            help.Aliases.Remove("/?");
        }

        // A file name may begin with "@", which the parser would take for a file of arguments.
        var parsed = root.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        // What is completed is not complete.
        var isCompletion = root.Directives.OfType<SuggestDirective>().Any(directive => parsed.GetResult(directive) is not null);
        var errors = isCompletion ? [] : CommandLineErrors.Find(parsed, arguments);
        if (errors.Count > 0)
        {
            foreach (var error in errors)
            {
                Console.Error.WriteLine($"{Name}: {DisplayText.OneLine(error)}");
            }

            Console.Error.WriteLine($"Run '{Name} --help' for usage.");
            return ExitCodes.Usage;
        }

        try
        {
            // Signals and exceptions are ours to handle, not the parser's.
            return await parsed.InvokeAsync(
                new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }
        catch (Exception e)
        {
            return Exit.Report(e, Name, parsed.GetValue(Verbose), Console.Error);
        }
    }

    /// <summary>Lets an option be completed by the names of the datasets that the command line and the settings provide.</summary>
    public void CompleteDatasets(Option option) => option.CompletionSources.Add(context =>
    {
        try
        {
            return DatasetFiles.Load(ReadSettings(context.ParseResult).Find(Setting.Datasets)).All.Select(dataset => new CompletionItem(dataset.Name));
        }
        catch (Exception e) when (e is UsageException or DatasetException)
        {
            // Reported when the command is run.
            return [];
        }
    });

    private ProgramSettings ReadSettings(ParseResult arguments) => ProgramSettings.Load(
        _settings
            .Select(each => KeyValuePair.Create(each.Setting.Name, arguments.GetValue(each.Option)))
            .Where(each => each.Value is not null)
            .ToDictionary());
}
