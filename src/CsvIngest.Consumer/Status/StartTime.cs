using System.Globalization;
using CsvIngest.Settings;

namespace CsvIngest.Consumer.Status;

/// <summary>A time in the past as <c>--since</c> names it: <c>2026-06-01</c>, <c>2026-06-01T12:30Z</c>, or how long ago, such as <c>2d</c>.</summary>
internal static class StartTime
{
    private static readonly string[] Forms =
    [
        "yyyy-MM-dd", "yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK",
        "yyyy-MM-dd HH:mm", "yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd HH:mmK", "yyyy-MM-dd HH:mm:ssK",
    ];

    /// <summary>Reads it. A time without an offset from UTC is in UTC, as all times that <c>status</c> shows.</summary>
    /// <exception cref="UsageException">It is neither a time nor a duration.</exception>
    public static DateTimeOffset Parse(string text, DateTimeOffset now)
    {
        if (DateTimeOffset.TryParseExact(
            text, Forms, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time))
        {
            return time;
        }

        var unit = text.Length > 1 ? text[^1] : ' ';
        var seconds = unit switch { 's' => 1, 'm' => 60, 'h' => 3600, 'd' => 86_400, 'w' => 604_800, _ => 0 };
        return seconds > 0
            && int.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            && (double)count * seconds < (now - DateTimeOffset.UnixEpoch).TotalSeconds
                ? now.AddSeconds(-(double)count * seconds)
                : throw new UsageException(
                    $"--since is \"{text}\"; expected a date or time such as 2026-06-01 or 2026-06-01T12:30Z, or how long ago, such as 90m, 12h or 2d.");
    }
}
