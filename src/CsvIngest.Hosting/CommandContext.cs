using System.CommandLine;
using CsvIngest.Datasets;
using CsvIngest.Messages;
using CsvIngest.Settings;
using CsvIngest.Store;
using Microsoft.Extensions.Logging;

namespace CsvIngest.Hosting;

/// <summary>What a command works with: its arguments, the settings, the log, and the servers that the settings name.</summary>
public sealed class CommandContext
{
    private readonly Application _application;

    internal CommandContext(Application application, ParseResult arguments, ProgramSettings settings, ILoggerFactory loggers)
    {
        (_application, Arguments, Settings, Loggers) = (application, arguments, settings, loggers);
        Logger = loggers.CreateLogger("CsvIngest");
    }

    /// <summary>The parsed command line.</summary>
    public ParseResult Arguments { get; }

    /// <summary>The settings, those of the command line included.</summary>
    public ProgramSettings Settings { get; }

    /// <summary>The log.</summary>
    public ILoggerFactory Loggers { get; }

    /// <summary>The log of the command itself.</summary>
    public ILogger Logger { get; }

    /// <summary>Whether <c>--verbose</c> is specified.</summary>
    public bool IsVerbose => Arguments.GetValue(_application.Verbose);

    /// <summary>The queue's name.</summary>
    public string Queue => Settings.Get(Setting.Queue);

    /// <summary>The folder of dataset definitions; null for the built-in ones alone.</summary>
    public string? DatasetsFolder => Settings.Find(Setting.Datasets);

    /// <summary>Opens the queue. Connects to nothing yet.</summary>
    /// <exception cref="UsageException">The address or the queue's name is not valid.</exception>
    public IBroker OpenBroker()
    {
        var address = Settings.GetAddress(_application.Broker);
        var kind = _application.Brokers.FirstOrDefault(kind => kind.Addresses.Accept(address.Text))
            ?? throw Unsupported(address.Text, _application.Broker, _application.Brokers.SelectMany(kind => kind.Addresses.Descriptions));
        return kind.Open(address, Queue, Loggers);
    }

    /// <summary>Opens the database. Connects to nothing yet.</summary>
    /// <exception cref="UsageException">The address is not valid.</exception>
    public IStore OpenStore()
    {
        var address = Settings.GetAddress(_application.Database);
        var kind = _application.Stores.FirstOrDefault(kind => kind.Addresses.Accept(address.Text))
            ?? throw Unsupported(address.Text, _application.Database, _application.Stores.SelectMany(kind => kind.Addresses.Descriptions));
        return kind.Open(address, Loggers);
    }

    /// <summary>The built-in datasets and those of the datasets folder.</summary>
    /// <exception cref="DatasetException">A definition is wrong.</exception>
    public DatasetCatalog LoadDatasets() => DatasetFiles.Load(DatasetsFolder);

    // Does not repeat the address, which may contain a password.
    private static UsageException Unsupported(string address, Setting setting, IEnumerable<string> expected) => new(
        $"The address in {setting.Flag} or {setting.Variable} has {(address.Contains(':', StringComparison.Ordinal) ? "an unsupported" : "no")} scheme; expected {Setting.Choice([.. expected])}.");
}
