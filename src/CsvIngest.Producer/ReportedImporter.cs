using System.Runtime.CompilerServices;
using CsvIngest.Hosting;
using CsvIngest.Hosting.Display;
using CsvIngest.Importing;
using CsvIngest.Importing.Sources;
using CsvIngest.Producer.Reporting;
using Microsoft.Extensions.Logging;

namespace CsvIngest.Producer;

/// <summary>Imports one source after the other as the command line asks for, and shows how far each import is.</summary>
internal sealed class ReportedImporter(ProducerOptions options, Importer importer, ILogger logger)
{
    /// <summary>
    /// Imports a source: each table of an archive, and anything else as a whole. However an import ends, its result says what became of it.
    /// </summary>
    /// <param name="source">The source. It has settled: the directory of an archive is at its end.</param>
    /// <param name="beginning">The level at which the beginning of an import is logged.</param>
    /// <param name="cancellationToken">Ends the import early.</param>
    public async IAsyncEnumerable<ImportResult> ImportAsync(
        Source source, LogLevel beginning, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var found = source.FindTables();
        if (found.Others.Count > 0)
        {
            logger.MembersPassedOver(source.Name, found.Others.Count, found.DescribeOthers());
        }

        var requested = options.ImportOptionsFor(source);
        // An archive is moved once, with its last table. Until then, the end of each of the others is remembered.
        var kept = requested with { MoveTo = null, Once = requested.Once || requested.MoveTo is not null };
        var areDone = true;
        foreach (var table in found.Tables)
        {
            var isMoved = areDone && table == found.Tables[^1];
            var result = await ImportAsync(table, isMoved ? requested : kept, beginning, cancellationToken);
            areDone &= result.Failure is null;
            yield return result;
            if (result.Failure is FileChangedException || result is { Failure: not null, MovedTo: not null })
            {
                // The tables have to be listed again, or the archive was set aside.
                break;
            }
        }
    }

    private async Task<ImportResult> ImportAsync(
        Source table, ImportOptions import, LogLevel beginning, CancellationToken cancellationToken)
    {
        using var reporter = new ImportReporter(table.Name, options.Print ? StandardStreams.OpenOutput() : null, logger)
        {
            BeginningLevel = beginning,
        };
        var work = importer.ImportAsync(table, import, reporter, cancellationToken);
        if (!options.Quiet)
        {
            // Rows that are printed on the same terminal show the progress themselves, and a line would be between them.
            using var line = options.Print && !Console.IsOutputRedirected ? null : TerminalLine.TryOpen();
            await new ProgressReport(table.Name, TimeProvider.System, logger).RunAsync(reporter.Beginning, work, line);
        }

        return await work;
    }
}
