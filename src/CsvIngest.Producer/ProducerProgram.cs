using CsvIngest.Datasets;
using CsvIngest.Producer.Importing;
using CsvIngest.Producer.Reporting;
using CsvIngest.Importing.Sources;
using Microsoft.Extensions.Logging;

namespace CsvIngest.Producer;

/// <summary>Imports every input, one after the other, and says what became of each.</summary>
internal sealed class ProducerProgram(
    ProducerOptions options, Func<string, Dataset> findDataset, BrokerLink? broker, bool verbose, ILogger logger)
{
    /// <summary>
    /// Runs. One file that is missing, unusable or still being written does not keep the others from being imported; a broker that
    /// is away, or an interruption, does.
    /// </summary>
    /// <returns>The exit code: that of the first input that failed.</returns>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        findDataset(options.Dataset);
        var sources = SourceFinder.Find(options.Files);
        Announce();

        var rejectsTaken = new HashSet<string>(StringComparer.Ordinal);
        var code = ExitCodes.Done;
        foreach (var source in sources)
        {
            var run = new FileRun(source, options, findDataset, rejectsTaken, broker, IsTerminal, logger);
            var failure = await RunAsync(run, cancellationToken);
            Report(run.Summary);
            if (failure is null)
            {
                continue;
            }

            var failed = ProducerExit.Report(failure, run.Summary, verbose, Console.Error);
            code = code == ExitCodes.Done ? failed : code;
            if (failed is not (ExitCodes.DataError or ExitCodes.NoInput or ExitCodes.IoError)
                && failure is not (FileInUseException or FileChangedException))
            {
                break;
            }
        }

        return code;
    }

    private bool IsTerminal => !Console.IsErrorRedirected && !options.Quiet;

    private static async Task<Exception?> RunAsync(FileRun run, CancellationToken cancellationToken)
    {
        try
        {
            await run.RunAsync(cancellationToken);
            return null;
        }
        catch (Exception e)
        {
            return e;
        }
    }

    private void Announce()
    {
        if (broker is null)
        {
            logger.DryRun();
        }
        else
        {
            logger.Publishing(broker.Queue, broker.DisplayAddress);
        }
    }

    private void Report(ImportSummary summary)
    {
        if (options.Json)
        {
            Console.WriteLine(summary.ToJson());
        }
        else if (!options.Quiet && summary.Import is not null)
        {
            // With --print, standard output belongs to the rows.
            (options.Print ? Console.Error : Console.Out).WriteLine(summary.ToText(options.DryRun));
        }
    }
}
