namespace CsvIngest.Producer.Watch;

/// <summary>
/// The files of a watched folder: which of them have not changed for long enough to be imported, and which need not be tried again. It
/// goes by its own observations: the clock of the machine that writes the files may differ.
/// </summary>
/// <param name="settle">How long a file's size and time must not change.</param>
/// <param name="time">The clock.</param>
internal sealed class Arrivals(TimeSpan settle, TimeProvider time)
{
    private readonly Dictionary<string, Arrival> _arrivals = new(StringComparer.Ordinal);
    private readonly long _start = time.GetTimestamp();

    // Not the time of day, which somebody may set.
    private TimeSpan Now => time.GetElapsedTime(_start);

    /// <summary>Takes note of the files that are there now.</summary>
    /// <param name="paths">Their full paths.</param>
    public void Observe(IReadOnlyCollection<string> paths)
    {
        foreach (var gone in _arrivals.Keys.Except(paths, StringComparer.Ordinal).ToList())
        {
            _arrivals.Remove(gone);
        }

        foreach (var path in paths)
        {
            IsUnchanged(path);
        }
    }

    /// <summary>The files that are to be imported now: those written first come first, since the first record of a key is the one that stays.</summary>
    public IReadOnlyList<string> Due() =>
    [
        .. _arrivals.Where(arrival => IsDue(arrival.Value))
            .OrderBy(arrival => arrival.Value.Stamp?.ModifiedAt).ThenBy(arrival => arrival.Key, StringComparer.Ordinal)
            .Select(arrival => arrival.Key),
    ];

    /// <summary>Whether a file that was due is so still: others have been imported meanwhile.</summary>
    public bool IsStillDue(string path) => IsUnchanged(path) && IsDue(_arrivals[path]);

    /// <summary>A file has been dealt with, until it changes.</summary>
    public void Finish(string path) => _arrivals[path].DueAt = null;

    /// <summary>A file is to be tried again.</summary>
    /// <param name="path">The file.</param>
    /// <param name="delay">When.</param>
    /// <param name="reason">What kept it from being imported.</param>
    /// <returns>Whether the reason is news: not that of the last attempt.</returns>
    public bool Postpone(string path, TimeSpan delay, string reason)
    {
        var arrival = _arrivals[path];
        arrival.DueAt = Now + delay;
        var isNews = arrival.Reason != reason;
        arrival.Reason = reason;
        return isNews;
    }

    private bool IsDue(Arrival arrival) => arrival.DueAt <= Now;

    /// <summary>Whether a file is as it was when it was last observed; if not, it has to settle anew.</summary>
    private bool IsUnchanged(string path)
    {
        var stamp = FileStamp.Of(path);
        if (_arrivals.TryGetValue(path, out var arrival) && arrival.Stamp == stamp)
        {
            return true;
        }

        _arrivals[path] = new Arrival(stamp) { DueAt = Now + settle };
        return false;
    }

    /// <param name="Stamp">Null if the file cannot be seen, such as one whose name is not valid UTF-8.</param>
    private sealed record Arrival(FileStamp? Stamp)
    {
        /// <summary>When the file is to be imported; null if it has been dealt with.</summary>
        public TimeSpan? DueAt { get; set; }

        /// <summary>What kept it from being imported; null before the first attempt.</summary>
        public string? Reason { get; set; }
    }
}
