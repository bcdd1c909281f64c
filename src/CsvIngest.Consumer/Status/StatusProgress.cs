using CsvIngest.Hosting.Display;
using CsvIngest.Messages;
using CsvIngest.Store;

namespace CsvIngest.Consumer.Status;

/// <summary>Describes on one line how far imports are, as they are read again and again.</summary>
/// <param name="time">The clock.</param>
internal sealed class StatusProgress(TimeProvider time)
{
    private readonly Speed _speed = new(time);

    /// <summary>Describes the imports that are not complete.</summary>
    /// <param name="books">All imports that are watched.</param>
    /// <param name="lengths">The messages at the broker; null if it could not be asked.</param>
    public string Describe(IReadOnlyList<ImportBooks> books, QueueLengths? lengths)
    {
        var speed = _speed.Add(books.Sum(book => book.Settled));
        var open = books.Where(book => !book.Complete).ToList();
        var text = new List<string>
        {
            open.Count switch
            {
                0 => books.Count == 0 ? "no imports yet" : "every known import is stored",
                1 => $"{DisplayText.OneLine(open[0].Source)}: {Rows(open)}",
                _ => $"{open.Count} imports: {Rows(open)}",
            },
        };
        if (open.Count > 0 && speed is { } rowsPerSecond)
        {
            text.Add($"{rowsPerSecond:N0} rows/s");
            if (RowsLeft(open, lengths) is { } left)
            {
                text.Add($"{DurationText.Of(TimeSpan.FromSeconds(left / rowsPerSecond))} left");
            }
        }

        text.Add(lengths is null ? "broker unavailable" : $"{Quantity.Of(lengths.Messages, "message")} waiting");
        if (lengths is { DeadLetters: > 0 })
        {
            text.Add($"{lengths.DeadLetters:N0} dead-lettered");
        }

        return string.Join(", ", text);
    }

    private static string Rows(List<ImportBooks> open) => open.TrueForAll(book => book.Closed)
        ? $"{open.Sum(book => book.Settled):N0} of {Quantity.Of(open.Sum(book => book.RowsRead), "row")}"
        : Quantity.Of(open.Sum(book => book.Settled), "row");

    // Before the closing nothing tells how many rows there are, but what waits in the queue is likely to be like what came before.
    private static double? RowsLeft(List<ImportBooks> open, QueueLengths? lengths)
    {
        if (open.TrueForAll(book => book.Closed))
        {
            return open.Sum(book => book.Outstanding);
        }

        var slices = open.Sum(book => (long)book.SlicesApplied);
        return lengths is { Messages: > 0 } && slices > 0
            ? (double)lengths.Messages * open.Sum(book => book.Settled) / slices
            : null;
    }
}
