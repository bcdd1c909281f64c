using Microsoft.Extensions.Logging;

namespace CsvIngest.RabbitMq;

/// <summary>Logs the outage of a connection on its transitions: down, still down at intervals, back. Not safe for concurrent use.</summary>
internal sealed class LinkOutage(ILogger logger, string purpose, RabbitMqOptions options)
{
    private readonly Outage _outage = new(TimeProvider.System);

    /// <summary>Why it is down, or was last; null before the first outage.</summary>
    public string? Why { get; private set; }

    /// <summary>An attempt failed, or the connection was lost.</summary>
    public void Down(string why)
    {
        Why = why;
        switch (_outage.Fail())
        {
            case OutageNews.Began:
                Log.Down(logger, purpose, options.DisplayAddress, why);
                break;
            case OutageNews.StillThere:
                Log.StillDown(logger, purpose, options.DisplayAddress, (long)_outage.Length.TotalSeconds, why);
                break;
        }
    }

    /// <summary>Connected. Says whether that ends an outage.</summary>
    public bool Up()
    {
        var length = _outage.Length;
        if (!_outage.Succeed())
        {
            return false;
        }

        Log.Back(logger, purpose, options.DisplayAddress, (long)length.TotalSeconds);
        return true;
    }
}
