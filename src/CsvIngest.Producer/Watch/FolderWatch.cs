using CsvIngest.Hosting;
using CsvIngest.Importing;
using CsvIngest.Importing.Sources;
using CsvIngest.Producer.Reporting;
using Microsoft.Extensions.Logging;

namespace CsvIngest.Producer.Watch;

/// <summary>
/// Imports what arrives in folders, until it is stopped. It lists them again and again: notifications of the file system do not reach
/// network drives and the volumes of containers.
/// </summary>
/// <param name="options">What the command line asks for.</param>
/// <param name="finder">Lists the folders.</param>
/// <param name="importer">Imports a file. The state files keep which files are imported, so that a watch can be killed at any moment.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log: one line for each file.</param>
internal sealed class FolderWatch(
    ProducerOptions options, SourceFinder finder, ReportedImporter importer, TimeProvider time, ILogger logger)
{
    /// <summary>How often a folder is listed at most. 1 s, a guess: a listing costs milliseconds even on a network drive.</summary>
    private static readonly TimeSpan LongestInterval = TimeSpan.FromSeconds(1);

    /// <summary>For short settle times, which tests use.</summary>
    private static readonly TimeSpan ShortestInterval = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// When a file is tried again that could not be read, locked or sent. 30 s, a guess: soon enough after an outage, and not a flood of log
    /// lines during one.
    /// </summary>
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(30);

    private readonly Arrivals _arrivals = new(options.Settle, time);
    private readonly HashSet<string> _unlisted = new(StringComparer.Ordinal);

    /// <summary>Watches until it is stopped, or cannot go on: the broker denies access, or an option is wrong.</summary>
    /// <returns>The exit code: 0 if it was stopped while it waited for files, 130 if it was stopped during an import.</returns>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        // A mistyped name is an error; a folder that disappears later may come back.
        foreach (var name in options.Watch)
        {
            finder.FilesOf(name);
        }

        logger.Watching(string.Join(", ", options.Watch), options.Settle.TotalSeconds);
        var interval = TimeSpan.FromTicks(Math.Clamp(options.Settle.Ticks / 2, ShortestInterval.Ticks, LongestInterval.Ticks));
        try
        {
            while (true)
            {
                _arrivals.Observe([.. options.Watch.SelectMany(List).Distinct(StringComparer.Ordinal)]);
                if (await ImportDueAsync(cancellationToken) is { } exitCode)
                {
                    return exitCode;
                }

                await Task.Delay(interval, time, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return ExitCodes.Done;
        }
    }

    private IReadOnlyList<string> List(string name)
    {
        try
        {
            var files = finder.FilesOf(name);
            if (_unlisted.Remove(name))
            {
                logger.ListedAgain(name);
            }

            return files;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (_unlisted.Add(name))
            {
                logger.NotListed(name, FailureReason.Of(e));
            }

            return [];
        }
    }

    /// <summary>Imports the files that have settled.</summary>
    /// <returns>The exit code if the watch is to end.</returns>
    private async Task<int?> ImportDueAsync(CancellationToken cancellationToken)
    {
        foreach (var path in _arrivals.Due())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!_arrivals.IsStillDue(path))
            {
                continue;
            }

            var isDone = true;
            await foreach (var result in importer.ImportAsync(Source.FromFile(path), LogLevel.Debug, cancellationToken))
            {
                if (options.Json && result.Failure is not (FileInUseException or FileNotFoundException))
                {
                    Console.WriteLine(ImportSummary.ToJson(result));
                }

                if (result.Failure is null)
                {
                    LogSuccess(result);
                    continue;
                }

                isDone = false;
                if (Handle(result.Failure, path, result) is { } exitCode)
                {
                    return exitCode;
                }

                if (result.Failure is BrokerUnavailableException)
                {
                    // The other files would wait for it one after the other.
                    return null;
                }
            }

            if (isDone)
            {
                _arrivals.Finish(path);
            }
        }

        return null;
    }

    private void LogSuccess(ImportResult result)
    {
        if (result.Outcome == ImportOutcome.AlreadyDone)
        {
            logger.AlreadyImported(result.Source, result.ImportId, Moved(result));
        }
        else if (result is { Outcome: ImportOutcome.Skipped, Before: { } before })
        {
            logger.Skipped(result.Source, before.ImportedAt, before.Source, before.Import, Moved(result));
        }
        else
        {
            var again = result.Before is { } earlier ? $"; the same content as {DisplayText.OneLine(earlier.Source)}, import {earlier.Import}" : string.Empty;
            logger.Imported(
                result.Source, result.RowsRead, result.RowsSent, result.RowsDuplicate, result.RowsRejected, result.ImportId,
                again + Moved(result));
        }
    }

    /// <summary>Logs why a file is not imported, and decides when it is tried again.</summary>
    /// <returns>The exit code if the watch is to end.</returns>
    private int? Handle(Exception failure, string path, ImportResult result)
    {
        var code = Exit.CodeOf(failure);
        // One line, whatever the message looks like.
        var message = string.Join(' ', Exit.LastWords(failure, RemedyWording.Describe(failure)).Split('\n', StringSplitOptions.TrimEntries));
        logger.FailedWith(failure, result.Source, message);
        switch (failure)
        {
            case OperationCanceledException:
                logger.Interrupted(result.Source, result.RowsConfirmed);
                return code;

            // Another producer has it, or has moved it.
            case FileInUseException or FileNotFoundException:
                _arrivals.Postpone(path, LongestInterval, message);
                return null;

            case FileChangedException:
                logger.Postponed(result.Source, FailureReason.Of(failure));
                _arrivals.Postpone(path, options.Settle, message);
                return null;

            case BrokerUnavailableException:
                logger.Postponed(result.Source, message);
                return null;

            case IOException or UnauthorizedAccessException:
                if (_arrivals.Postpone(path, RetryInterval, message))
                {
                    logger.Postponed(result.Source, message);
                }

                return null;

            default:
                logger.NotImported(result.Source, Moved(result), message);
                _arrivals.Finish(path);
                // A fault of one file, if only one that this program cannot cope with, does not keep the others out.
                return code is ExitCodes.DataError or ExitCodes.InternalError ? null : code;
        }
    }

    private static string Moved(ImportResult result) => ImportSummary.MovedTo(result) is { Length: > 0 } moved ? ", " + moved : string.Empty;
}
