using System.Globalization;

namespace CsvIngest;

/// <summary>Durations as people read them: two units at most.</summary>
public static class DurationText
{
    /// <summary>Such as <c>0.4 s</c>, <c>12 s</c>, <c>3 min 5 s</c>, <c>2 h 10 min</c> or <c>4 d 3 h</c>.</summary>
    public static string Of(TimeSpan duration)
    {
        var rounded = TimeSpan.FromSeconds(Math.Round(duration.TotalSeconds));
        return rounded switch
        {
            { TotalSeconds: < 10 } => string.Create(CultureInfo.InvariantCulture, $"{duration.TotalSeconds:0.0} s"),
            { TotalMinutes: < 1 } => $"{rounded.Seconds} s",
            { TotalHours: < 1 } => $"{rounded.Minutes} min {rounded.Seconds} s",
            { TotalDays: < 1 } => $"{rounded.Hours} h {rounded.Minutes} min",
            _ => $"{rounded.Days} d {rounded.Hours} h",
        };
    }
}
