using CsvIngest.Hosting.Display;
using CsvIngest.Importing;
using CsvIngest.Messages;
using Microsoft.Extensions.Logging;

namespace CsvIngest.Producer.Reporting;

/// <summary>Shows how far an import is: a line on a terminal, otherwise a log entry every 10 s.</summary>
/// <param name="source">The file's name.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
internal sealed class ProgressReport(string source, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan LogInterval = TimeSpan.FromSeconds(10);

    /// <summary>How often the line is replaced; a guess at what the eye follows.</summary>
    private static readonly TimeSpan DrawInterval = TimeSpan.FromMilliseconds(200);

    /// <summary>How long a wait lasts at least until the line shows it. 1 s, a guess: connecting takes less.</summary>
    private static readonly TimeSpan LeastWait = TimeSpan.FromSeconds(1);

    private readonly Speed _rows = new(time);
    private readonly Speed _bytes = new(time);
    private long? _waitingSince;

    /// <summary>Reports until the import has ended, however it ends.</summary>
    /// <param name="beginning">Completes when the import begins.</param>
    /// <param name="work">The import.</param>
    /// <param name="line">The line on the terminal; null if there is none.</param>
    public async Task RunAsync(Task<ImportProgress> beginning, Task work, TerminalLine? line)
    {
        if (await Task.WhenAny(work, beginning) == work)
        {
            return;
        }

        var progress = await beginning;
        while (await Task.WhenAny(work, Task.Delay(line is null ? LogInterval : DrawInterval, time)) != work)
        {
            var current = Measure(progress);
            if (line is not null)
            {
                line.Show((HasWaited(progress.Condition) ? current : current with { WaitingBecause = null }).ToText);
            }
            else
            {
                var waiting = current.WaitingBecause is { } reason ? $", waiting for the broker ({reason})" : string.Empty;
                logger.Progress(
                    source, progress.RowsRead, progress.RowsConfirmed, progress.RowsRejected, (long)(current.RowsPerSecond ?? 0), waiting);
            }
        }
    }

    private ProgressLine Measure(ImportProgress progress)
    {
        var bytesPerSecond = _bytes.Add(progress.BytesRead);
        return new ProgressLine(DisplayText.OneLine(source), progress.RowsRead)
        {
            Fraction = progress.Size is > 0 and { } size ? Math.Min((double)progress.BytesRead / size, 1) : null,
            RowsRejected = progress.RowsRejected,
            RowsPerSecond = _rows.Add(progress.RowsRead),
            Left = progress.Size - progress.BytesRead is > 0 and { } left && bytesPerSecond is { } speed ? TimeSpan.FromSeconds(left / speed) : null,
            ReadingAgainTo = progress.IsReadingAgain ? progress.RowsConfirmedBefore : null,
            IsChecking = progress.IsChecking,
            WaitingBecause = ReasonToWait(progress.Condition),
        };
    }

    private bool HasWaited(BrokerCondition condition)
    {
        _waitingSince = condition == BrokerCondition.Flowing ? null : _waitingSince ?? time.GetTimestamp();
        return _waitingSince is { } since && time.GetElapsedTime(since) >= LeastWait;
    }

    private static string? ReasonToWait(BrokerCondition condition) => condition switch
    {
        BrokerCondition.Connecting => "not connected",
        BrokerCondition.Blocked => "it blocks publishers: memory or disk alarm",
        BrokerCondition.QueueFull => "the queue is full",
        _ => null,
    };
}
