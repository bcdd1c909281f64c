using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace CsvIngest.Testing;

/// <summary>Records what is logged at level Debug and above, for assertions.</summary>
public sealed class RecordedLogs : ILoggerFactory, ILogger
{
    private readonly ConcurrentQueue<RecordedLog> _all = new();

    /// <summary>Everything so far, oldest first.</summary>
    public IReadOnlyList<RecordedLog> All => [.. _all];

    /// <summary>What happy paths must not log: everything above Information.</summary>
    public IReadOnlyList<RecordedLog> AboveInformation => [.. _all.Where(log => log.Level > LogLevel.Information)];

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Debug;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _all.Enqueue(new RecordedLog(logLevel, eventId.Id, formatter(state, exception), exception));

    public void Dispose()
    {
        // ILoggerFactory requires it; there is nothing to release.
    }
}

/// <summary>One entry of <see cref="RecordedLogs"/>.</summary>
public sealed record RecordedLog(LogLevel Level, int EventId, string Message, Exception? Exception);
