using Microsoft.Extensions.Logging;

namespace CsvIngest.RabbitMq;

/// <summary>Logs an outage on its transitions: down, still down at intervals, back. Not safe for concurrent use.</summary>
internal sealed class Outage(ILogger logger, string purpose, RabbitMqOptions options)
{
    /// <summary>A guess: often enough to be seen in a log, too seldom to fill it.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    private readonly TimeProvider _time = TimeProvider.System;
    private long? _since;
    private long _lastSaid;

    /// <summary>Why it is down, or was last; null before the first outage.</summary>
    public string? Why { get; private set; }

    /// <summary>An attempt failed, or the connection was lost.</summary>
    public void Down(string why)
    {
        Why = why;
        if (_since is not { } since)
        {
            _since = _lastSaid = _time.GetTimestamp();
            Log.Down(logger, purpose, options.DisplayAddress, why);
        }
        else if (_time.GetElapsedTime(_lastSaid) >= Interval)
        {
            _lastSaid = _time.GetTimestamp();
            Log.StillDown(logger, purpose, options.DisplayAddress, (long)_time.GetElapsedTime(since).TotalSeconds, why);
        }
    }

    /// <summary>Connected.</summary>
    public void Up()
    {
        if (_since is { } since)
        {
            Log.Back(logger, purpose, options.DisplayAddress, (long)_time.GetElapsedTime(since).TotalSeconds);
            _since = null;
        }
    }
}
