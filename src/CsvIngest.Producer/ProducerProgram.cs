using System.Runtime.CompilerServices;
using CsvIngest.Datasets;
using CsvIngest.Hosting;
using CsvIngest.Importing;
using CsvIngest.Importing.Sources;
using CsvIngest.Producer.Reporting;
using CsvIngest.Producer.Watch;
using Microsoft.Extensions.Logging;

namespace CsvIngest.Producer;

/// <summary>Imports every input, one after the other, and reports what became of each; or watches folders for inputs.</summary>
/// <param name="options">What the command line asks for.</param>
/// <param name="findDataset">Finds a dataset by the value of <c>--dataset</c>.</param>
/// <param name="destination">Where the rows go; null in a dry run.</param>
/// <param name="verbose">Whether to show stack traces.</param>
/// <param name="logger">The log.</param>
internal sealed class ProducerProgram(
    ProducerOptions options, Func<string, Dataset> findDataset, ImportDestination? destination, bool verbose, ILogger logger)
{
    private readonly ReportedImporter _importer = new(options, new Importer(findDataset, destination), logger);
    private readonly SourceFinder _finder = new(logger) { AllowEmpty = options.AllowEmpty };

    /// <summary>
    /// Runs. A file that is unusable or still being written does not prevent the import of the others; a named file that does not exist, an
    /// unavailable broker or an interruption does.
    /// </summary>
    /// <returns>The exit code: that of the first input that failed.</returns>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        // A wrong dataset is reported once, before anything is opened.
        findDataset(options.Import.Slices.Dataset);
        if (destination is null)
        {
            logger.DryRun();
        }
        else
        {
            options.Import.PrepareFolders();
            logger.Publishing(destination.Queue, destination.DisplayAddress);
        }

        return options.Watch.Count > 0
            ? await new FolderWatch(options, _finder, _importer, TimeProvider.System, logger).RunAsync(cancellationToken)
            : await ImportAllAsync(FindSources(), cancellationToken);
    }

    private IReadOnlyList<Source> FindSources()
    {
        var missing = SourceFinder.Missing(options.Files);
        if (missing.Count == 0)
        {
            var found = _finder.Find(options.Files);
            return options.SourceName is { } name ? [.. found.Select(source => source.Named(name))] : found;
        }

        // A mistyped name is noticed before half of the files are imported. Opening these reports each of them.
        logger.FilesMissing(missing.Count);
        return _finder.Find(missing);
    }

    private async Task<int> ImportAllAsync(IReadOnlyList<Source> sources, CancellationToken cancellationToken)
    {
        var code = ExitCodes.Done;
        await foreach (var result in ImportEachAsync(sources, cancellationToken))
        {
            var failed = Report(result);
            // Rejected rows are the least of what can be wrong.
            code = code is ExitCodes.Done || (code is ExitCodes.RowsRejected && failed != ExitCodes.Done) ? failed : code;
            if (result.Failure is { } failure
                && failed is not (ExitCodes.DataError or ExitCodes.NoInput or ExitCodes.IoError)
                && failure is not (FileInUseException or FileChangedException))
            {
                break;
            }
        }

        return code;
    }

    private async IAsyncEnumerable<ImportResult> ImportEachAsync(
        IReadOnlyList<Source> sources, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var source in sources)
        {
            if (await SettleAsync(source, cancellationToken) is { } interrupted)
            {
                yield return interrupted;
                continue;
            }

            await foreach (var result in _importer.ImportAsync(source, LogLevel.Information, cancellationToken))
            {
                yield return result;
            }
        }
    }

    /// <returns>Null once the file has settled; what has become of it if that was interrupted.</returns>
    private async Task<ImportResult?> SettleAsync(Source source, CancellationToken cancellationToken)
    {
        try
        {
            if (options.Settle > TimeSpan.Zero && source.Path is { } path)
            {
                await FileStamp.SettleAsync(
                    path, options.Settle, () => logger.Settling(source.Name, options.Settle.TotalSeconds), cancellationToken);
            }

            return null;
        }
        catch (OperationCanceledException e)
        {
            return new ImportResult
            {
                Source = source.Name, Dataset = options.Import.Slices.Dataset, Outcome = ImportOutcome.Interrupted, Failure = e,
            };
        }
    }

    /// <summary>Writes what became of an input.</summary>
    /// <returns>The exit code.</returns>
    private int Report(ImportResult result)
    {
        if (result.MovedTo is not null)
        {
            logger.Moved(result.Source, ImportSummary.MovedTo(result));
        }

        var code = ExitCodes.Done;
        try
        {
            WriteSummary(result);
        }
        catch (StandardOutputException e)
        {
            var end = result.Failure is null && destination is not null ? " The import is complete: do not run it again." : string.Empty;
            code = Exit.Report(e, $"producer: {DisplayText.OneLine(result.Source)}", verbose, Console.Error, FailureReason.InFull(e) + end);
        }

        if (result.Failure is { } failure)
        {
            return ReportFailure(failure, result);
        }

        if (code != ExitCodes.Done || !options.FailOnRejects || result.RowsRejected == 0)
        {
            return code;
        }

        // The exit code has no other explanation when the summary is not shown.
        var reasons = result.ErrorsPath is { } path ? $"; the reasons are in {DisplayText.OneLine(path)}" : string.Empty;
        var rows = $"{Quantity.Of(result.RowsRejected, "row")} {(result.RowsRejected == 1 ? "is" : "are")}";
        Console.Error.WriteLine($"producer: {DisplayText.OneLine(result.Source)}: {rows} rejected{reasons}.");
        return ExitCodes.RowsRejected;
    }

    private void WriteSummary(ImportResult result)
    {
        if (options.Json)
        {
            Console.WriteLine(ImportSummary.ToJson(result));
        }
        else if (!options.Quiet && (result.ImportId is not null || result.Outcome == ImportOutcome.Skipped))
        {
            // With --print, standard output is for the rows.
            (options.Print ? Console.Error : Console.Out).WriteLine(ImportSummary.ToText(result, options.DryRun));
        }
    }

    /// <summary>Writes what went wrong with an input and how to proceed.</summary>
    /// <returns>The exit code.</returns>
    private int ReportFailure(Exception failure, ImportResult result)
    {
        var prefix = $"producer: {DisplayText.OneLine(result.Source)}";
        var code = Exit.Report(failure, prefix, verbose, Console.Error, RemedyWording.Describe(failure));
        if (code is ExitCodes.TryAgain or ExitCodes.Interrupted && result.IsResumable)
        {
            Console.Error.WriteLine($"{prefix}: {Quantity.Of(result.RowsConfirmed, "row")} confirmed so far. Run the same command again to resume.");
        }

        return code;
    }
}
