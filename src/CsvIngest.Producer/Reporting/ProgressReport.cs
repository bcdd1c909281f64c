using System.Diagnostics;
using CsvIngest.Messages;
using CsvIngest.Producer.Importing;
using CsvIngest.Importing.Sources;
using Microsoft.Extensions.Logging;
using Spectre.Console;

namespace CsvIngest.Producer.Reporting;

/// <summary>
/// Shows how far an import is: a bar on a terminal, elsewhere a log line every 10 s. Runs beside the import and reads its
/// counts.
/// </summary>
internal sealed class ProgressReport(string name, OpenSource source, Counts counts, IPublisher? publisher, ILogger logger)
{
    private static readonly TimeSpan LogInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan DrawInterval = TimeSpan.FromMilliseconds(200);

    private readonly Stopwatch _clock = Stopwatch.StartNew();

    /// <summary>Reports until the work is done; then returns, whatever became of the work.</summary>
    /// <param name="work">The import.</param>
    /// <param name="terminal">Whether people watch a terminal.</param>
    public async Task RunAsync(Task work, bool terminal)
    {
        if (terminal && source.Size is { } size)
        {
            await DrawAsync(work, size);
        }
        else
        {
            while (await Task.WhenAny(work, Task.Delay(LogInterval)) != work)
            {
                logger.Progress(name, counts.RowsRead, counts.RowsConfirmed, counts.RowsRejected, (long)Rate, Waiting);
            }
        }
    }

    private double Rate => counts.RowsRead / Math.Max(_clock.Elapsed.TotalSeconds, 0.001);

    private string Waiting => publisher?.Condition switch
    {
        BrokerCondition.Connecting => ", waiting for the broker (no connection)",
        BrokerCondition.Blocked => ", waiting for the broker (it blocks publishers: memory or disk alarm)",
        BrokerCondition.QueueFull => ", waiting for the broker (the queue is full)",
        _ => string.Empty,
    };

    private Task DrawAsync(Task work, long size)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return console.Progress()
            .AutoClear(true)
            .Columns(
                new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(async context =>
            {
                var task = context.AddTask(Markup.Escape(name), maxValue: Math.Max(size, 1));
                while (await Task.WhenAny(work, Task.Delay(DrawInterval)) != work)
                {
                    task.Value = Math.Min(source.BytesRead, size);
                    task.Description = Markup.Escape(
                        $"{name}: {counts.RowsRead:N0} rows, {Rate:N0}/s, {counts.RowsRejected:N0} rejected{Waiting}");
                }

                task.Value = task.MaxValue;
            });
    }
}
