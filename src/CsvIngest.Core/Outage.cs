namespace CsvIngest;

/// <summary>
/// Turns single failures into the news of an outage: it began, it is still there (now and then), it is over. Safe for
/// concurrent use.
/// </summary>
/// <param name="time">The clock.</param>
public sealed class Outage(TimeProvider time)
{
    /// <summary>How often a lasting outage is mentioned; a guess at what a log reader wants.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private DateTimeOffset? _since;
    private DateTimeOffset _mentioned;

    /// <summary>How long it has lasted; zero without an outage.</summary>
    public TimeSpan Length
    {
        get
        {
            lock (_lock)
            {
                return _since is { } since ? time.GetUtcNow() - since : TimeSpan.Zero;
            }
        }
    }

    /// <summary>Notes a failure.</summary>
    public OutageNews Fail()
    {
        lock (_lock)
        {
            var now = time.GetUtcNow();
            if (_since is not null && now - _mentioned < Interval)
            {
                return OutageNews.None;
            }

            var news = _since is null ? OutageNews.Began : OutageNews.StillThere;
            _since ??= now;
            _mentioned = now;
            return news;
        }
    }

    /// <summary>Notes a success; says whether that ends an outage.</summary>
    public bool Succeed()
    {
        lock (_lock)
        {
            var was = _since is not null;
            _since = null;
            return was;
        }
    }
}

/// <summary>What is worth saying about a failure.</summary>
public enum OutageNews
{
    /// <summary>Nothing new.</summary>
    None,

    /// <summary>It is the first.</summary>
    Began,

    /// <summary>It has lasted since the last mention.</summary>
    StillThere,
}
