using System.Diagnostics;
using CsvIngest.Datasets;
using CsvIngest.Importing.Sources;
using CsvIngest.Telemetry;

namespace CsvIngest.Importing;

/// <summary>
/// Imports files, one after the other: reads a file, validates its rows and publishes them, resuming an unfinished import of it. Not for
/// concurrent use.
/// </summary>
/// <param name="findDataset">Finds the dataset that <see cref="SliceOptions.Dataset"/> names, or throws.</param>
/// <param name="destination">Where the rows go; null for a dry run, which does everything but publish. The caller disposes it.</param>
/// <param name="time">The clock. Defaults to the system's.</param>
public sealed class Importer(Func<string, Dataset> findDataset, ImportDestination? destination, TimeProvider? time = null)
{
    internal Func<string, Dataset> FindDataset => findDataset;

    internal ImportDestination? Destination => destination;

    internal TimeProvider Time { get; } = time ?? TimeProvider.System;

    /// <summary>Imports a file. However the import ends, the result says what became of it; nothing else is thrown.</summary>
    /// <param name="source">The file.</param>
    /// <param name="options">How to import it.</param>
    /// <param name="observer">Learns what happens on the way.</param>
    /// <param name="cancellationToken">
    /// Ends the import early. What is published already is waited for, for a few seconds, so that a resumed import publishes it once.
    /// </param>
    /// <exception cref="ImportOptionsException">An option is not valid.</exception>
    public async Task<ImportResult> ImportAsync(
        Source source, ImportOptions options, IImportObserver observer, CancellationToken cancellationToken)
    {
        options.Validate();
        var import = new FileImport(this, source, options, observer);
        var start = Time.GetTimestamp();
        using var span = destination is null ? null : Instruments.Start("import", ActivityKind.Internal, options.TraceParent);
        try
        {
            // Reading blocks; the caller's thread may be the one that shows the progress.
            var outcome = await Task.Run(() => import.RunAsync(cancellationToken), CancellationToken.None);
            return import.Describe(outcome, failure: null, Time.GetElapsedTime(start));
        }
        catch (Exception failure)
        {
            span.Fail(failure.GetType().Name);
            if (failure is BrokerUnavailableException && destination is not null)
            {
                await destination.ReconnectNextTimeAsync();
            }

            var outcome = failure is OperationCanceledException && cancellationToken.IsCancellationRequested
                ? ImportOutcome.Interrupted
                : ImportOutcome.Failed;
            return import.Describe(outcome, failure, Time.GetElapsedTime(start));
        }
    }
}
