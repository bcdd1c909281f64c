using System.Threading.Channels;
using CsvIngest.Datasets;
using CsvIngest.Importing;
using CsvIngest.Importing.Sources;
using CsvIngest.Messages;
using CsvIngest.Resilience;
using CsvIngest.Web.Uploads;
using Microsoft.Extensions.Logging;

namespace CsvIngest.Web.Imports;

/// <summary>
/// Imports the uploads that wait, in order and a few at a time, and checks others on a worker of their own, so that a preview need not wait
/// for an import. An import that is stopped resumes at the next start.
/// </summary>
internal sealed class ImportWorkers
{
    /// <summary>How long a broker may be unavailable before the import says that it waits. As the producer's.</summary>
    private static readonly TimeSpan BrokerTimeout = TimeSpan.FromSeconds(30);

    private readonly Channel<Upload> _imports = Channel.CreateUnbounded<Upload>();
    private readonly Channel<Upload> _checks = Channel.CreateUnbounded<Upload>();
    private readonly Spool _spool;
    private readonly WebOptions _options;
    private readonly Func<string, Dataset> _findDataset;
    private readonly Func<IBroker> _openBroker;
    private readonly string _queue;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    public ImportWorkers(
        Spool spool, WebOptions options, Func<string, Dataset> findDataset, Func<IBroker> openBroker, string queue, TimeProvider time, ILogger logger)
    {
        (_spool, _options, _findDataset, _openBroker, _queue, _time, _logger) = (spool, options, findDataset, openBroker, queue, time, logger);
        var unfinished = spool.Uploads.Where(upload => upload.Record.State is UploadState.Checking or UploadState.Waiting)
            .OrderBy(upload => upload.Record.QueuedAt).ThenBy(upload => upload.Id).ToList();
        unfinished.ForEach(Add);
        if (unfinished.Count > 0)
        {
            logger.Resuming(unfinished.Count);
        }
    }

    /// <summary>Has an upload checked or imported, as its state says.</summary>
    public void Add(Upload upload) => (upload.Record.State == UploadState.Checking ? _checks : _imports).Writer.TryWrite(upload);

    /// <summary>Works until it is stopped; imports then end at a slice that is confirmed.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
        List<Task> workers = [CheckAllAsync(ended.Token), .. Enumerable.Range(0, _options.Workers).Select(_ => ImportAllAsync(ended.Token))];
        // A worker that fails ends the others, and the program: it must not go on as if it imported.
        await Task.WhenAny(workers);
        await ended.CancelAsync();
        await Task.WhenAll(workers);
    }

    private async Task CheckAllAsync(CancellationToken stop)
    {
        await foreach (var upload in ReadAsync(_checks, stop))
        {
            await WorkAsync(upload, UploadState.Checking, cancel => CheckAsync(upload, cancel), stop);
        }
    }

    private async Task ImportAllAsync(CancellationToken stop)
    {
        Upload? current = null;
        await using var destination = new ImportDestination(
            _openBroker(), _queue, BrokerTimeout, waiting: failure => current!.Obstacle = FailureReason.Of(failure));
        var outage = new Outage(
            _time,
            reason => _logger.BrokerUnavailable(destination.DisplayAddress, reason),
            (lasted, reason) => _logger.BrokerStillUnavailable(destination.DisplayAddress, (long)lasted.TotalSeconds, reason),
            lasted => _logger.BrokerAvailable(destination.DisplayAddress, lasted.TotalSeconds));
        await foreach (var upload in ReadAsync(_imports, stop))
        {
            current = upload;
            await WorkAsync(upload, UploadState.Waiting, cancel => ImportAsync(upload, destination, outage, cancel, stop), stop);
        }
    }

    private static async IAsyncEnumerable<Upload> ReadAsync(Channel<Upload> channel, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            Upload upload;
            try
            {
                upload = await channel.Reader.ReadAsync(stop);
            }
            catch (OperationCanceledException)
            {
                yield break;
            }

            yield return upload;
        }
    }

    /// <summary>Works on an upload unless it is not to be worked on any more.</summary>
    private async Task WorkAsync(Upload upload, UploadState expected, Func<CancellationToken, Task> work, CancellationToken stop)
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var isWanted = false;
        await _spool.NoteAsync(upload, record =>
        {
            isWanted = record.State == expected && upload.Work is null;
            if (isWanted)
            {
                upload.Work = cancel;
            }

            return isWanted && expected == UploadState.Waiting ? record with { State = UploadState.Importing } : record;
        });
        if (!isWanted)
        {
            return;
        }

        try
        {
            await work(cancel.Token);
        }
        finally
        {
            await _spool.NoteAsync(upload, record =>
            {
                (upload.Work, upload.Progress, upload.Obstacle) = (null, null, null);
                return record;
            });
        }

        if (upload.Record.State is UploadState.Checking or UploadState.Waiting && !stop.IsCancellationRequested)
        {
            // It was given other options, or started, meanwhile.
            Add(upload);
        }
    }

    private async Task CheckAsync(Upload upload, CancellationToken cancellationToken)
    {
        var (revision, name) = (upload.Record.Revision, upload.Record.Name);
        var observer = new CheckObserver(upload);
        ClearFolder(upload.CheckFolder);
        var options = UploadFields.ToImportOptions(upload.Record.Options) with { RejectsFolder = upload.CheckFolder };
        Dataset? dataset = null;
        var result = await new Importer(named => dataset = _findDataset(named), destination: null).ImportAsync(
            Source.FromFile(upload.DataPath, name), options, observer, cancellationToken);
        if (result.Outcome == ImportOutcome.Interrupted)
        {
            return;
        }

        var found = observer.Result(revision, result);
        await _spool.NoteAsync(upload, record => record.State == UploadState.Checking && record.Revision == revision
            ? record with { State = UploadState.Checked, Check = found, Definition = dataset is null ? record.Definition : DatasetDefinition.Of(dataset) }
            : record);
        _logger.Checked(name, result.RowsRead, result.RowsSent, result.RowsDuplicate, result.RowsRejected, upload.Id);
    }

    private async Task ImportAsync(
        Upload upload, ImportDestination destination, Outage outage, CancellationToken cancel, CancellationToken stop)
    {
        var name = upload.Record.Name;
        var options = UploadFields.ToImportOptions(upload.Record.Options) with
        {
            ImportId = upload.Id,
            TraceParent = upload.Record.TraceParent,
            RejectsFolder = upload.RejectsFolder,
            // Until the record says that it is done, the state file does.
            Once = true,
        };
        var observer = new UploadObserver(upload, warning => _logger.Warned(name, warning, upload.Id));
        var retry = Retry.Unlimited(
            failure => failure is BrokerUnavailableException or DeniedException && !cancel.IsCancellationRequested,
            failure =>
            {
                upload.Obstacle = FailureReason.Of(failure);
                outage.Fail(failure);
            },
            _time);
        ImportResult? result = null;
        try
        {
            await retry.ExecuteAsync(
                async _ =>
                {
                    var source = Source.FromFile(upload.DataPath, name);
                    result = await new Importer(named => FindAsBefore(upload, named), destination, _time).ImportAsync(source, options, observer, cancel);
                    if (result.Failure is BrokerUnavailableException or DeniedException)
                    {
                        throw result.Failure;
                    }

                    outage.Succeed();
                },
                cancel);
        }
        catch (Exception e) when (cancel.IsCancellationRequested && e is OperationCanceledException or BrokerUnavailableException or DeniedException)
        {
            // Stopped or cancelled while the broker was unavailable.
        }

        await EndAsync(upload, result, observer.Warnings, isStopped: stop.IsCancellationRequested);
    }

    /// <summary>The dataset as the file was previewed with it, or as its import has begun.</summary>
    /// <exception cref="DatasetException">
    /// Consumers do not take what is published for that any more; the message says what has changed, and how to proceed.
    /// </exception>
    private Dataset FindAsBefore(Upload upload, string name)
    {
        var dataset = _findDataset(name);
        if (upload.Record.Definition is not { } before)
        {
            return dataset;
        }

        return before.DescribeChanges(dataset) is not { } changes
            ? before.Dataset
            : throw new DatasetException(
                $"The dataset \"{name}\" has changed since {(upload.HasBegun ? "the import began" : "the file was received or checked")}: {changes}. "
                + (upload.HasBegun
                    ? "Some of the rows are published already; the rest is not, because it would not fit. Restore the definition and try again, or upload "
                        + "the file again to import it with the new definition: rows that are in the table already are then duplicates."
                    : "Nothing is published. Try again to import the file with the new definition, or upload it again to preview that."));
    }

    private Task EndAsync(Upload upload, ImportResult? result, IReadOnlyList<string> warnings, bool isStopped)
    {
        var name = upload.Record.Name;
        return _spool.NoteAsync(upload, record =>
        {
            var now = _time.GetUtcNow();
            switch (result)
            {
                case { Outcome: ImportOutcome.Done or ImportOutcome.AlreadyDone }:
                    _logger.Imported(name, result.RowsRead, result.RowsSent, result.RowsDuplicate, result.RowsRejected, upload.Id);
                    // It is imported: no other run needs the definition.
                    return record with { State = UploadState.Published, EndedAt = now, Warnings = warnings, Failure = null, Definition = null };
                case { Outcome: ImportOutcome.Failed, Failure: not (BrokerUnavailableException or DeniedException) }:
                    var failure = FieldWording.Describe(result.Failure!);
                    _logger.NotImported(name, failure, upload.Id);
                    _logger.FailureDetails(result.Failure!);
                    return record with { State = UploadState.Failed, EndedAt = now, Warnings = warnings, Failure = failure };
                case var _ when isStopped:
                    _logger.Interrupted(name, result?.RowsConfirmed ?? 0, upload.Id);
                    return record with { State = UploadState.Waiting };
                default:
                    _logger.Cancelled(name, result?.RowsConfirmed ?? 0, upload.Id);
                    return record with { State = UploadState.Cancelled, EndedAt = now, Warnings = warnings };
            }
        });
    }

    private static void ClearFolder(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
