using CsvIngest.Hosting.Display;
using CsvIngest.Messages;

namespace CsvIngest.Consumer.Consuming;

/// <summary>Shows on a terminal how far a drain is.</summary>
/// <param name="totals">What has been done.</param>
/// <param name="broker">The queue that is drained.</param>
/// <param name="line">The line on the terminal.</param>
/// <param name="time">The clock.</param>
internal sealed class DrainProgress(Totals totals, IBroker broker, TerminalLine line, TimeProvider time)
{
    /// <summary>How often the line is replaced; a guess at what the eye follows.</summary>
    private static readonly TimeSpan DrawInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>How often the messages that wait are counted. 2 s, a guess: each count takes a connection.</summary>
    private static readonly TimeSpan CountInterval = TimeSpan.FromSeconds(2);

    private readonly Speed _rows = new(time);
    private readonly Speed _messages = new(time);

    /// <summary>Shows the progress until the drain has ended, however it ends.</summary>
    public async Task ShowUntilAsync(Task drain)
    {
        Task<QueueLengths>? counting = null;
        QueueLengths? lengths = null;
        var countedAt = time.GetTimestamp() - (long)(CountInterval.TotalSeconds * time.TimestampFrequency);
        while (await Task.WhenAny(drain, Task.Delay(DrawInterval, time)) != drain)
        {
            if (counting is { IsCompleted: true })
            {
                // A broker that is unavailable is logged by the receiver.
                lengths = counting.IsCompletedSuccessfully ? await counting : null;
                counting = null;
            }

            if (counting is null && time.GetElapsedTime(countedAt) >= CountInterval)
            {
                countedAt = time.GetTimestamp();
                counting = broker.CountAsync(CancellationToken.None);
            }

            line.Show(Describe(lengths));
        }
    }

    /// <summary>Describes what has been done and what waits.</summary>
    /// <param name="lengths">The messages at the broker as last counted; null if that is not known.</param>
    public string Describe(QueueLengths? lengths)
    {
        var rows = totals.Inserted + totals.Duplicate + totals.Rejected;
        var rowsPerSecond = _rows.Add(rows);
        var messagesPerSecond = _messages.Add(totals.Messages);
        var text = new List<string> { Quantity.Of(rows, "row") };
        if (rowsPerSecond is { } speed)
        {
            text.Add($"{speed:N0} rows/s");
        }

        if (lengths is { Messages: > 0 })
        {
            text.Add($"{Quantity.Of(lengths.Messages, "message")} waiting");
            if (messagesPerSecond is { } settled)
            {
                text.Add($"{DurationText.Of(TimeSpan.FromSeconds(lengths.Messages / settled))} left");
            }
        }

        if (totals.DeadLettered > 0)
        {
            text.Add($"{totals.DeadLettered:N0} dead-lettered");
        }

        return string.Join(", ", text);
    }
}
