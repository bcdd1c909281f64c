namespace CsvIngest.Hosting.Display;

/// <summary>How fast a count grows, over the last seconds.</summary>
/// <param name="time">The clock.</param>
public sealed class Speed(TimeProvider time)
{
    /// <summary>Over how long; a guess: long enough to be steady, short enough to follow a change.</summary>
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    private readonly Queue<(long At, long Count)> _counts = new();

    /// <summary>Adds the count as it is now.</summary>
    /// <returns>The growth per second; null until there is one.</returns>
    public double? Add(long count)
    {
        var now = time.GetTimestamp();
        _counts.Enqueue((now, count));
        while (_counts.Count > 2 && time.GetElapsedTime(_counts.Peek().At, now) > Window)
        {
            _counts.Dequeue();
        }

        var (at, first) = _counts.Peek();
        var seconds = time.GetElapsedTime(at, now).TotalSeconds;
        return seconds > 0 && count > first ? (count - first) / seconds : null;
    }
}
