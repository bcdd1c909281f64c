using System.Globalization;
using CsvIngest.Hosting.Display;

namespace CsvIngest.Producer.Reporting;

/// <summary>How far an import is, as one line that fits the terminal.</summary>
/// <param name="Source">The file's name, safe to show.</param>
/// <param name="RowsRead">Rows read.</param>
internal sealed record ProgressLine(string Source, long RowsRead)
{
    /// <summary>How much of a long name is left at least, and how long a bar is at least and at most. Guesses: all can be recognized.</summary>
    private const int ShortestName = 8, ShortestBar = 10, LongestBar = 40;

    private const string Separator = ", ";

    /// <summary>How much of the file is read, up to 1; null if its size is not known.</summary>
    public double? Fraction { get; init; }

    /// <summary>Rows that were rejected.</summary>
    public long RowsRejected { get; init; }

    /// <summary>Rows read per second; null until that is known.</summary>
    public double? RowsPerSecond { get; init; }

    /// <summary>How long the rest will take; null until that is known.</summary>
    public TimeSpan? Left { get; init; }

    /// <summary>The row up to which rows are read again that earlier runs have published; null if rows are read for the first time.</summary>
    public long? ReadingAgainTo { get; init; }

    /// <summary>Whether the file is read to check it, before anything is published.</summary>
    public bool IsChecking { get; init; }

    /// <summary>Why the import waits for the broker; null if it does not.</summary>
    public string? WaitingBecause { get; init; }

    /// <summary>The line: as much as there is room for, the most important things first.</summary>
    /// <param name="width">How many columns of characters it may have.</param>
    public string ToText(int width)
    {
        var name = Math.Min(TerminalText.WidthOf(Source), ShortestName);
        var details = Details();
        foreach (var least in details.OrderByDescending(detail => detail.Rank).ToList())
        {
            if (details.Count > 1 && name + 1 + WidthOf(details) > width)
            {
                details.Remove(least);
            }
        }

        var text = string.Join(Separator, details.Select(detail => detail.Text));
        var free = width - text.Length - 1;
        var shown = TerminalText.CutMiddle(Source, Math.Max(free, 1));
        free -= TerminalText.WidthOf(shown) + 1;
        var bar = Fraction is { } done && ReadingAgainTo is null && free >= ShortestBar ? Bar(done, Math.Min(free, LongestBar)) : string.Empty;
        return $"{shown} {bar}{text}";
    }

    /// <summary>What there is to show, in its order. Those of the lowest rank are the most important.</summary>
    private List<(int Rank, string Text)> Details()
    {
        var details = new List<(int Rank, string Text)>();
        if (ReadingAgainTo is { } row)
        {
            details.Add((0, string.Create(CultureInfo.InvariantCulture, $"reading again up to row {row:N0}")));
            return details;
        }

        if (Fraction is { } done)
        {
            // Rounded down: 100 % is complete.
            details.Add((0, string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(done * 100)} %")));
        }

        if (IsChecking)
        {
            details.Add((1, "checking"));
        }

        details.Add((2, Quantity.Of(RowsRead, "row")));
        if (RowsPerSecond is { } speed)
        {
            details.Add((4, string.Create(CultureInfo.InvariantCulture, $"{speed:N0} rows/s")));
        }

        details.Add((5, string.Create(CultureInfo.InvariantCulture, $"{RowsRejected:N0} rejected")));
        if (Left is { } left)
        {
            details.Add((3, $"{DurationText.Of(left)} left"));
        }

        if (WaitingBecause is not null)
        {
            details.Add((1, "waiting for the broker"));
            details.Add((6, WaitingBecause));
        }

        return details;
    }

    private static int WidthOf(List<(int Rank, string Text)> details) =>
        details.Sum(detail => detail.Text.Length + Separator.Length) - Separator.Length;

    private static string Bar(double done, int width)
    {
        var filled = (int)(done * (width - 1));
        return $"{new string('█', filled)}{new string('░', width - 1 - filled)} ";
    }
}
