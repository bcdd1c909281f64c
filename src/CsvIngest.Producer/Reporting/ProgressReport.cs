using System.Diagnostics;
using CsvIngest.Importing;
using CsvIngest.Messages;
using Microsoft.Extensions.Logging;
using Spectre.Console;

namespace CsvIngest.Producer.Reporting;

/// <summary>Shows how far an import is: a bar on a terminal, otherwise a log line every 10 s.</summary>
internal sealed class ProgressReport(string source, ILogger logger)
{
    private static readonly TimeSpan LogInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan DrawInterval = TimeSpan.FromMilliseconds(200);

    private readonly Stopwatch _clock = new();
    private readonly string _shown = Markup.Escape(DisplayText.OneLine(source));

    /// <summary>Reports until the import has ended, however it ends.</summary>
    /// <param name="beginning">Completes when the import begins.</param>
    /// <param name="work">The import.</param>
    /// <param name="onTerminal">Whether standard error is a terminal.</param>
    public async Task RunAsync(Task<ImportProgress> beginning, Task work, bool onTerminal)
    {
        if (await Task.WhenAny(work, beginning) == work)
        {
            return;
        }

        _clock.Start();
        var progress = await beginning;
        if (onTerminal && progress.Size is { } size)
        {
            await DrawAsync(work, progress, size);
        }
        else
        {
            while (await Task.WhenAny(work, Task.Delay(LogInterval)) != work)
            {
                logger.Progress(
                    source, progress.RowsRead, progress.RowsConfirmed, progress.RowsRejected, (long)Rate(progress), Waiting(progress));
            }
        }
    }

    private double Rate(ImportProgress progress) => progress.RowsRead / Math.Max(_clock.Elapsed.TotalSeconds, 0.001);

    private static string Waiting(ImportProgress progress) => progress.IsChecking ? ", checking the file first" : progress.Condition switch
    {
        BrokerCondition.Connecting => ", waiting for the broker (not connected)",
        BrokerCondition.Blocked => ", waiting for the broker (it blocks publishers: memory or disk alarm)",
        BrokerCondition.QueueFull => ", waiting for the broker (the queue is full)",
        _ => string.Empty,
    };

    private Task DrawAsync(Task work, ImportProgress progress, long size)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return console.Progress()
            .AutoClear(true)
            .Columns(
                new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(async context =>
            {
                var task = context.AddTask(_shown, maxValue: Math.Max(size, 1));
                while (await Task.WhenAny(work, Task.Delay(DrawInterval)) != work)
                {
                    task.Value = Math.Min(progress.BytesRead, size);
                    task.Description =
                        $"{_shown}: {progress.RowsRead:N0} rows, {Rate(progress):N0}/s, {progress.RowsRejected:N0} rejected{Waiting(progress)}";
                }

                task.Value = task.MaxValue;
            });
    }
}
