using CsvIngest.Hosting;
using CsvIngest.Importing;
using CsvIngest.Importing.Sources;
using CsvIngest.Producer.Reporting;
using Microsoft.Extensions.Logging;

namespace CsvIngest.Producer;

/// <summary>Imports one source after the other as the command line asks for, and shows how far each import is.</summary>
internal sealed class ReportedImporter(ProducerOptions options, Importer importer, ILogger logger)
{
    /// <summary>Imports a source. However the import ends, the result says what became of it.</summary>
    /// <param name="source">The source.</param>
    /// <param name="beginning">The level at which the beginning of the import is logged.</param>
    /// <param name="cancellationToken">Ends the import early.</param>
    public async Task<ImportResult> ImportAsync(Source source, LogLevel beginning, CancellationToken cancellationToken)
    {
        using var reporter = new ImportReporter(source.Name, options.Print ? StandardStreams.OpenOutput() : null, logger)
        {
            BeginningLevel = beginning,
        };
        var work = importer.ImportAsync(source, options.ImportOptionsFor(source), reporter, cancellationToken);
        if (!options.Quiet)
        {
            await new ProgressReport(source.Name, logger).RunAsync(reporter.Beginning, work, onTerminal: !Console.IsErrorRedirected);
        }

        return await work;
    }
}
