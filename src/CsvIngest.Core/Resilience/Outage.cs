namespace CsvIngest.Resilience;

/// <summary>
/// Reports an outage in three messages instead of one per attempt: when it begins, every 30 s while it lasts, and when it ends.
/// Safe for concurrent use.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="began">Called with the reason of the first failure.</param>
/// <param name="lasts">Called with how long the outage has lasted and the latest reason.</param>
/// <param name="ended">Called with how long it lasted.</param>
public sealed class Outage(TimeProvider time, Action<string> began, Action<TimeSpan, string> lasts, Action<TimeSpan> ended)
{
    /// <summary>How often an outage that lasts is reported; a guess at what the reader of a log wants.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private long? _began;
    private long _reported;

    /// <summary>The latest reason; null without an outage.</summary>
    public string? Reason { get; private set; }

    /// <summary>Records a failure, with its <see cref="FailureReason"/>.</summary>
    public void Fail(Exception failure) => Fail(FailureReason.Of(failure));

    /// <summary>Records a failure.</summary>
    public void Fail(string reason)
    {
        lock (_lock)
        {
            Reason = reason;
            if (_began is null)
            {
                _began = _reported = time.GetTimestamp();
                began(reason);
            }
            else if (time.GetElapsedTime(_reported) >= Interval)
            {
                _reported = time.GetTimestamp();
                lasts(time.GetElapsedTime(_began.Value), reason);
            }
        }
    }

    /// <summary>Records a success, which ends the outage if there is one.</summary>
    public void Succeed()
    {
        lock (_lock)
        {
            if (_began is { } start)
            {
                _began = null;
                Reason = null;
                ended(time.GetElapsedTime(start));
            }
        }
    }
}
