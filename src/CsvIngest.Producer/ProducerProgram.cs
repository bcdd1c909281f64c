using System.Globalization;
using System.Runtime.CompilerServices;
using CsvIngest.Datasets;
using CsvIngest.Hosting;
using CsvIngest.Importing;
using CsvIngest.Importing.Sources;
using CsvIngest.Producer.Reporting;
using Microsoft.Extensions.Logging;

namespace CsvIngest.Producer;

/// <summary>Imports every input, one after the other, and reports what became of each.</summary>
/// <param name="options">What the command line asks for.</param>
/// <param name="findDataset">Finds a dataset by the value of <c>--dataset</c>.</param>
/// <param name="destination">Where the rows go; null in a dry run.</param>
/// <param name="verbose">Whether to show stack traces.</param>
/// <param name="logger">The log.</param>
internal sealed class ProducerProgram(
    ProducerOptions options, Func<string, Dataset> findDataset, ImportDestination? destination, bool verbose, ILogger logger)
{
    private readonly Importer _importer = new(findDataset, destination);

    /// <summary>
    /// Runs. A file that is missing, unusable or still being written does not prevent the import of the others; an unavailable broker or
    /// an interruption does.
    /// </summary>
    /// <returns>The exit code: that of the first input that failed.</returns>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        // A wrong dataset is reported once, before anything is opened.
        findDataset(options.Import.Slices.Dataset);
        var sources = SourceFinder.Find(options.Files);
        if (destination is null)
        {
            logger.DryRun();
        }
        else
        {
            logger.Publishing(destination.Queue, destination.DisplayAddress);
        }

        var code = ExitCodes.Done;
        await foreach (var result in ImportAllAsync(sources, cancellationToken))
        {
            WriteSummary(result);
            if (result.Failure is not { } failure)
            {
                continue;
            }

            var failed = ReportFailure(failure, result);
            code = code == ExitCodes.Done ? failed : code;
            if (failed is not (ExitCodes.DataError or ExitCodes.NoInput or ExitCodes.IoError)
                && failure is not (FileInUseException or FileChangedException))
            {
                break;
            }
        }

        return code;
    }

    private async IAsyncEnumerable<ImportResult> ImportAllAsync(
        IReadOnlyList<Source> sources, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var source in sources)
        {
            var file = new InputFile(source, logger);
            if (await SettleAsync(file, source, cancellationToken) is { } interrupted)
            {
                yield return interrupted;
                continue;
            }

            // Not before the file has settled: the directory of an archive is at its end.
            var tables = file.FindTables();
            var areDone = true;
            foreach (var table in tables)
            {
                var result = await ImportAsync(table, cancellationToken);
                areDone &= result.Outcome == ImportOutcome.Done;
                yield return areDone && table == tables[^1] && options.MoveTo is { } folder ? MoveAway(file, folder, result) : result;
            }
        }
    }

    /// <returns>Null once the file has settled; what has become of it if that was interrupted.</returns>
    private async Task<ImportResult?> SettleAsync(InputFile file, Source source, CancellationToken cancellationToken)
    {
        try
        {
            await file.SettleAsync(options.Settle, cancellationToken);
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

    private async Task<ImportResult> ImportAsync(Source source, CancellationToken cancellationToken)
    {
        using var reporter = new ImportReporter(source.Name, options.Print ? Console.OpenStandardOutput() : null, logger);
        var work = _importer.ImportAsync(source, options.ImportOptionsFor(source), reporter, cancellationToken);
        if (!options.Quiet)
        {
            await new ProgressReport(source.Name, logger).RunAsync(reporter.Beginning, work, onTerminal: !Console.IsErrorRedirected);
        }

        return await work;
    }

    private static ImportResult MoveAway(InputFile file, string folder, ImportResult result)
    {
        try
        {
            file.MoveTo(folder);
            return result;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return result with { Outcome = ImportOutcome.Failed, Failure = e };
        }
    }

    private void WriteSummary(ImportResult result)
    {
        if (options.Json)
        {
            Console.WriteLine(ImportSummary.ToJson(result));
        }
        else if (!options.Quiet && result.ImportId is not null)
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
            var confirmed = result.RowsConfirmed.ToString("N0", CultureInfo.InvariantCulture);
            Console.Error.WriteLine($"{prefix}: {confirmed} rows confirmed so far. Run the same command again to resume.");
        }

        return code;
    }
}
