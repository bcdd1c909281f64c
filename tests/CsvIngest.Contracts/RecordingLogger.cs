using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace CsvIngest.Contracts;

/// <summary>Keeps what was logged, so that a test can look at it.</summary>
public sealed class RecordingLogger : ILogger
{
    private readonly ConcurrentQueue<(LogLevel Level, string Message)> _records = new();

    /// <summary>What was logged, in order.</summary>
    public IReadOnlyCollection<(LogLevel Level, string Message)> Records => _records;

    /// <inheritdoc/>
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    /// <inheritdoc/>
    public bool IsEnabled(LogLevel logLevel) => true;

    /// <inheritdoc/>
    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        ArgumentNullException.ThrowIfNull(formatter);
        _records.Enqueue((logLevel, formatter(state, exception) + exception));
    }
}
