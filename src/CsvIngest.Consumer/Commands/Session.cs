using CsvIngest.Settings;
using Microsoft.Extensions.Logging;

namespace CsvIngest.Consumer.Commands;

/// <summary>What every command works with, once the common options are known.</summary>
internal sealed class Session(SettingsReader settings, ILoggerFactory loggers) : IAsyncDisposable
{
    public SettingsReader Settings => settings;

    public ILoggerFactory Loggers => loggers;

    public ILogger Logger { get; } = loggers.CreateLogger("CsvIngest.Consumer");

    public Wiring Wiring { get; } = new(settings, loggers);

    /// <summary>Writes out what is still to be logged.</summary>
    public ValueTask DisposeAsync()
    {
        loggers.Dispose();
        return ValueTask.CompletedTask;
    }
}
