namespace CsvIngest;

/// <summary>
/// Growing delays between attempts, with jitter so that programs which lost a server together do not come back together.
/// </summary>
/// <param name="first">The first delay. Defaults to 100 ms, a guess: a restarted server's port is rarely back sooner.</param>
/// <param name="cap">The longest delay. Defaults to 5 s, a guess: what a person who watches will wait for.</param>
public sealed class Backoff(TimeSpan? first = null, TimeSpan? cap = null)
{
    private readonly double _first = (first ?? TimeSpan.FromMilliseconds(100)).TotalMilliseconds;
    private readonly double _cap = (cap ?? TimeSpan.FromSeconds(5)).TotalMilliseconds;
    private int _attempts;

    /// <summary>Starts again from the first delay: call it when an attempt succeeded.</summary>
    public void Reset() => _attempts = 0;

    /// <summary>The next delay: doubled each time up to the cap, then 50 to 100 % of that.</summary>
    public TimeSpan Next()
    {
        var full = Math.Min(_cap, _first * Math.Pow(2, Math.Min(_attempts++, 30)));
        return TimeSpan.FromMilliseconds(full * (0.5 + (Random.Shared.NextDouble() / 2)));
    }
}
