using System.Collections.Concurrent;
using CsvIngest.Datasets;

namespace CsvIngest.Web.Uploads;

/// <summary>
/// The uploads and what is to be done with each. Every decision is on disk when it is answered: what is in the <see cref="SpoolFolder"/> is all
/// that a restart needs.
/// </summary>
internal sealed class Spool : IDisposable
{
    private readonly ConcurrentDictionary<Guid, Upload> _uploads = new();
    private readonly SemaphoreSlim _turn = new(1);
    private readonly SpoolFolder _folder;
    private readonly WebOptions _options;
    private readonly TimeProvider _time;

    public Spool(SpoolFolder folder, WebOptions options, TimeProvider time)
    {
        (_folder, _options, _time) = (folder, options, time);
        foreach (var upload in folder.Load())
        {
            _uploads.TryAdd(upload.Id, upload);
        }
    }

    /// <summary>All uploads, in no order.</summary>
    public IEnumerable<Upload> Uploads => _uploads.Values;

    /// <summary>The upload with this ID; null if there is none.</summary>
    public Upload? Find(Guid id) => _uploads.GetValueOrDefault(id);

    /// <summary>
    /// Makes a received file an upload, on disk on return; or finds the one that it is already: with the same content and options, or with the
    /// same key.
    /// </summary>
    /// <param name="file">The file.</param>
    /// <param name="fields">What is to be done with it.</param>
    /// <param name="dataset">The dataset that they name.</param>
    /// <param name="key">The client's <c>Idempotency-Key</c>; null for none.</param>
    /// <exception cref="RequestException">It cannot be stored.</exception>
    public Task<Acceptance> AcceptAsync(IncomingFile file, UploadFields fields, Dataset dataset, string? key)
    {
        var isCheck = fields.IsOn(UploadFields.DryRun);
        var now = _time.GetUtcNow();
        var record = new UploadRecord
        {
            Id = file.Id,
            Name = UploadName.Clean(file.Name),
            Bytes = file.Bytes,
            Sha256 = file.Sha256,
            ReceivedAt = now,
            Options = fields.Options,
            Definition = DatasetDefinition.Of(dataset),
            IdempotencyKey = key,
            TraceParent = file.TraceParent,
            State = isCheck ? UploadState.Checking : UploadState.Waiting,
            QueuedAt = isCheck ? null : now,
        };
        return ExclusivelyAsync(() =>
        {
            if (key is not null && _uploads.Values.FirstOrDefault(upload => upload.Record.IdempotencyKey == key) is { } known)
            {
                return new Acceptance(known, AreSame(known.Record, record) ? AcceptanceKind.Known : AcceptanceKind.KeyReused);
            }

            if (!isCheck && FindSame(record, fields.IsOn(UploadFields.Again)) is { } same)
            {
                return Resume(same, dataset);
            }

            var upload = _folder.Keep(file, record);
            _uploads.TryAdd(upload.Id, upload);
            return new Acceptance(upload, AcceptanceKind.New);
        });
    }

    /// <summary>Makes the import of a checked upload wait for a worker, unless the same content is imported with the same options already.</summary>
    /// <param name="upload">The upload.</param>
    /// <param name="revision">The options that whoever decided this has seen.</param>
    /// <param name="dataset">The dataset that its options name.</param>
    /// <param name="again">Whether to import what was imported already.</param>
    /// <exception cref="RequestException">The options or the dataset have changed since, or the upload is not one to be started.</exception>
    public Task<Acceptance> StartAsync(Upload upload, int revision, Dataset dataset, bool again) => ExclusivelyAsync(() =>
    {
        var record = upload.Record;
        if (record.State is UploadState.Failed or UploadState.Cancelled)
        {
            return Resume(upload, dataset);
        }

        RequireRevision(record, revision);
        if (record.Definition?.DescribeChanges(dataset) is { } changes)
        {
            throw RequestException.Conflict(
                upload.Id, $"The dataset \"{dataset.Name}\" has changed since the file was received or checked: {changes}. Check the file again.");
        }

        if (record.Check is { Failure: not null } check && check.Revision == revision)
        {
            throw RequestException.Conflict(upload.Id, $"The file cannot be imported with these options: {check.Failure}");
        }

        if (FindSame(record, again) is { } same)
        {
            return Resume(same, dataset);
        }

        _folder.Write(upload, record with { State = UploadState.Waiting, QueuedAt = _time.GetUtcNow() });
        upload.Work?.Cancel();
        return new Acceptance(upload, AcceptanceKind.New);
    });

    /// <summary>Changes the options of an upload that is not imported yet; it is then to be checked again.</summary>
    /// <param name="upload">The upload.</param>
    /// <param name="revision">The options that whoever decided this has seen.</param>
    /// <param name="options">The new options.</param>
    /// <param name="dataset">The dataset that they name.</param>
    /// <exception cref="RequestException">The options have changed since, the upload is imported already, or this cannot be stored.</exception>
    public Task ReviseAsync(Upload upload, int revision, IReadOnlyDictionary<string, string[]> options, Dataset dataset) => ChangeAsync(upload, record =>
    {
        RequireRevision(record, revision);
        upload.Work?.Cancel();
        return record with { Options = options, Definition = DatasetDefinition.Of(dataset), Revision = revision + 1, State = UploadState.Checking, Check = null };
    });

    /// <summary>
    /// Notes what a worker has done with an upload. If that cannot be stored, only this program knows it until it can: after a restart, a worker
    /// begins again where the disk says, which is harmless, because imports are resumed.
    /// </summary>
    /// <param name="upload">The upload.</param>
    /// <param name="change">The new record; the same one for no change.</param>
    public Task NoteAsync(Upload upload, Func<UploadRecord, UploadRecord> change) => ExclusivelyAsync(() =>
    {
        var record = change(upload.Record);
        return record == upload.Record || TryWrite(upload, record);
    });

    /// <summary>Cancels a check or an import that has not ended. Rows that are confirmed already stay.</summary>
    /// <exception cref="RequestException">It has ended, or this cannot be stored.</exception>
    public Task CancelAsync(Upload upload) => ChangeAsync(upload, record =>
    {
        if (record.State is UploadState.Published or UploadState.Failed)
        {
            throw RequestException.Conflict(upload.Id, "The import has ended already.");
        }

        upload.Work?.Cancel();
        // The worker notes the end of an import that it is at.
        return record.State is UploadState.Importing ? record : record with { State = UploadState.Cancelled, EndedAt = _time.GetUtcNow() };
    });

    /// <summary>
    /// Stores what could not be stored before, and deletes what ended longer ago than uploads are kept, and checked files that nobody has
    /// imported for a day.
    /// </summary>
    public async Task CleanAsync()
    {
        foreach (var upload in _uploads.Values.Where(upload => upload.IsUnsaved))
        {
            await ExclusivelyAsync(() => TryWrite(upload, upload.Record));
        }

        var (ended, received) = (_time.GetUtcNow().AddDays(-_options.KeepDays), _time.GetUtcNow().AddDays(-1));
        foreach (var upload in _uploads.Values.Where(IsOutdated))
        {
            // Somebody may have started it since.
            await ExclusivelyAsync(() => IsOutdated(upload) && Delete(upload));
        }

        bool IsOutdated(Upload upload) =>
            upload.Record.EndedAt < ended || (upload.Record.State == UploadState.Checked && upload.Record.ReceivedAt < received);
    }

    /// <summary>How many imports are before this one; null if it does not wait.</summary>
    public int? PositionOf(Upload upload) => upload.Record is { State: UploadState.Waiting, QueuedAt: { } since }
        ? _uploads.Values.Count(other => other.Record is { State: UploadState.Waiting } record && (record.QueuedAt, record.Id).CompareTo((since, upload.Id)) < 0)
        : null;

    public void Dispose() => _turn.Dispose();

    /// <summary>Changes the record of an upload as somebody has decided: it is on disk on return, or unchanged.</summary>
    private Task<UploadRecord> ChangeAsync(Upload upload, Func<UploadRecord, UploadRecord> change) => ExclusivelyAsync(() =>
    {
        var record = change(upload.Record);
        if (record != upload.Record)
        {
            _folder.Write(upload, record);
        }

        return record;
    });

    private bool Delete(Upload upload)
    {
        upload.Delete();
        return _uploads.TryRemove(upload.Id, out _);
    }

    private async Task<T> ExclusivelyAsync<T>(Func<T> decide)
    {
        await _turn.WaitAsync();
        try
        {
            return decide();
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Stores a record. What is published is stored before its file is deleted: a restart would look for the file.</summary>
    private bool TryWrite(Upload upload, UploadRecord record)
    {
        try
        {
            _folder.Write(upload, record);
        }
        catch (RequestException)
        {
            // Logged where it failed.
            (upload.Record, upload.IsUnsaved) = (record, true);
            return false;
        }

        if (record.State == UploadState.Published)
        {
            upload.DeleteWork();
        }

        return true;
    }

    private static void RequireRevision(UploadRecord record, int revision)
    {
        if (record.State is not (UploadState.Checking or UploadState.Checked))
        {
            throw RequestException.Conflict(record.Id, "This file is imported already, or was cancelled.");
        }

        if (record.Revision != revision)
        {
            throw RequestException.Conflict(
                record.Id, $"The options have changed meanwhile, perhaps in another window: they are at revision {record.Revision}, not {revision}. Look at them again.");
        }
    }

    /// <summary>What was accepted with the same content and options; what was imported as a whole only if that is not to be done again.</summary>
    private Upload? FindSame(UploadRecord record, bool again) => _uploads.Values
        .Where(upload => AreSame(upload.Record, record)
            && upload.Id != record.Id
            && upload.Record.State is not (UploadState.Checking or UploadState.Checked)
            && !(again && upload.Record.State == UploadState.Published)
            // One that was published in part cannot go on with another definition.
            && !(upload.Record.State is UploadState.Failed or UploadState.Cancelled && upload.HasBegun && upload.Record.Definition != record.Definition))
        .MaxBy(upload => upload.Record.ReceivedAt);

    private static bool AreSame(UploadRecord one, UploadRecord other) =>
        one.Sha256 == other.Sha256 && UploadFields.HashOf(one.Options) == UploadFields.HashOf(other.Options);

    private Acceptance Resume(Upload upload, Dataset dataset)
    {
        if (upload.Record.State == UploadState.Published)
        {
            return new Acceptance(upload, AcceptanceKind.Complete);
        }

        if (upload.Record.State is not (UploadState.Failed or UploadState.Cancelled))
        {
            return new Acceptance(upload, AcceptanceKind.Known);
        }

        _folder.Write(upload, upload.Record with
        {
            State = UploadState.Waiting,
            QueuedAt = _time.GetUtcNow(),
            EndedAt = null,
            Failure = null,
            // What was published in part goes on with its own definition, or not at all.
            Definition = upload.HasBegun ? upload.Record.Definition : DatasetDefinition.Of(dataset),
        });
        return new Acceptance(upload, AcceptanceKind.Resumed);
    }
}
