using CsvIngest.Messages;

namespace CsvIngest.Store;

/// <summary>How fast an import is stored, on average since its first part, and how long it will take.</summary>
/// <param name="RowsPerSecond">Null for an import of less than a second, for which it would mean nothing.</param>
/// <param name="Left">
/// How long the rest takes at this speed; null if that is not known: before the closing, or if nothing was stored for a while.
/// </param>
public sealed record ImportPace(double? RowsPerSecond, TimeSpan? Left)
{
    /// <summary>The pace of an import.</summary>
    public static ImportPace Of(ImportBooks books)
    {
        var seconds = (books.ChangedAt - books.StartedAt).TotalSeconds;
        if (seconds < 1 || books.Settled == 0)
        {
            return new ImportPace(null, null);
        }

        var speed = books.Settled / seconds;
        var isLeftKnown = books is { Closed: true, Outstanding: > 0 } && !ImportStatuses.IsQuiet(books);
        return new ImportPace(speed, isLeftKnown ? TimeSpan.FromSeconds(books.Outstanding / speed) : null);
    }

    /// <summary>The status of an import, of one in progress how far it is, and of one that was undone what that removed.</summary>
    public static string Describe(ImportBooks books, QueueLengths? lengths)
    {
        var status = ImportStatuses.Of(books, lengths);
        if (books.Undo is { } undo)
        {
            return $"{status.ToWords()} ({Quantity.Of(undo.RowsRemoved, "row")} removed)";
        }

        if (status != ImportStatus.InProgress)
        {
            return status.ToWords();
        }

        var details = new List<string>();
        if (books is { Closed: true, RowsRead: > 0 })
        {
            // Rounded down: 100 % is complete.
            details.Add($"{Math.Floor(100.0 * books.Settled / books.RowsRead)} %");
        }

        if (ImportStatuses.IsQuiet(books))
        {
            details.Add($"nothing stored for {DurationText.Of(books.ReadAt - books.ChangedAt)}");
        }
        else if (Of(books).Left is { } left)
        {
            details.Add($"{DurationText.Of(left)} left");
        }

        return details.Count == 0 ? status.ToWords() : $"{status.ToWords()} ({string.Join(", ", details)})";
    }
}
