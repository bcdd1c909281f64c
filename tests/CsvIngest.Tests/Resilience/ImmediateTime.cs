namespace CsvIngest.Tests.Resilience;

/// <summary>A clock whose timers expire at once and move it to the time for which they were set.</summary>
internal sealed class ImmediateTime : TimeProvider
{
    private DateTimeOffset _now = new(2030, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private TimeSpan _elapsed;

    /// <summary>The delays that were waited for.</summary>
    public List<TimeSpan> Delays { get; } = [];

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => _now;

    public override long GetTimestamp() => _elapsed.Ticks;

    public void Advance(TimeSpan by)
    {
        _now += by;
        _elapsed += by;
    }

    /// <summary>Sets the wall clock, as a person or NTP does.</summary>
    public void Set(DateTimeOffset now) => _now = now;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Delays.Add(dueTime);
        Advance(dueTime);
        // Elsewhere: the caller does not have the timer yet.
        return System.CreateTimer(callback, state, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }
}
