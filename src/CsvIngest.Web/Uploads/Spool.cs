using System.Buffers;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace CsvIngest.Web.Uploads;

/// <summary>
/// The folder of the uploads. Each has a folder of its own, with the file, the record of what is to be done with it, and what its import
/// writes: state and rejects files. What is on disk is all that a restart needs. One program uses a folder at a time.
/// </summary>
internal sealed class Spool : IDisposable
{
    private const string RecordName = "upload.json";
    private const string Unfinished = ".part";
    private const int BufferBytes = 128 * 1024;

    /// <summary>After how many bytes the space on the disk is looked at again; a guess: far less than what is to stay free.</summary>
    private const long CheckBytes = 16 << 20;

    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    private readonly ConcurrentDictionary<Guid, Upload> _uploads = new();
    private readonly SemaphoreSlim _turn = new(1);
    private readonly WebOptions _options;
    private readonly TimeProvider _time;
    private readonly FileStream _lock;

    /// <summary>Opens the folder, which is created if it does not exist, and deletes what was not received to its end.</summary>
    /// <exception cref="FileInUseException">Another program uses it.</exception>
    /// <exception cref="IOException">It cannot be used.</exception>
    public Spool(WebOptions options, TimeProvider time, ILogger logger)
    {
        (_options, _time) = (options, time);
        CreateFolder(options.Uploads);
        _lock = Lock(Path.Combine(options.Uploads, ".lock"));
        foreach (var folder in Directory.EnumerateDirectories(options.Uploads))
        {
            Load(folder, logger);
        }
    }

    /// <summary>All uploads, in no order.</summary>
    public IEnumerable<Upload> Uploads => _uploads.Values;

    /// <summary>Bytes that uploads may still take on the disk.</summary>
    public long FreeBytes => new DriveInfo(_options.Uploads).AvailableFreeSpace - _options.KeepFreeBytes;

    /// <summary>The upload with this ID; null if there is none.</summary>
    public Upload? Find(Guid id) => _uploads.GetValueOrDefault(id);

    /// <summary>Checks before anything is received whether there is room for it.</summary>
    /// <exception cref="RequestException">There is none.</exception>
    public void CheckRoom(long bytes)
    {
        if (bytes > FreeBytes)
        {
            throw Full();
        }
    }

    /// <summary>Receives a file. On return it is on disk, but may be incomplete if the stream is not known to have ended where it should.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="content">Its content.</param>
    /// <param name="cancellationToken">Ends the receiving; nothing remains.</param>
    /// <exception cref="RequestException">It is too large, or the disk is full.</exception>
    public async Task<IncomingFile> ReceiveAsync(string? name, Stream content, CancellationToken cancellationToken)
    {
        var id = Guid.CreateVersion7();
        var folder = Path.Combine(_options.Uploads, id.ToString());
        CreateFolder(folder);
        try
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var bytes = await CopyAsync(content, Path.Combine(folder, "data" + Unfinished), hash, cancellationToken);
            return new IncomingFile(id, folder, name, bytes, Convert.ToHexStringLower(hash.GetHashAndReset()));
        }
        catch
        {
            Directory.Delete(folder, recursive: true);
            throw;
        }
    }

    /// <summary>
    /// Makes a received file an upload, on disk on return; or finds the one that it is already: with the same content and options, or with the
    /// same key.
    /// </summary>
    /// <param name="file">The file.</param>
    /// <param name="fields">What is to be done with it.</param>
    /// <param name="key">The client's <c>Idempotency-Key</c>; null for none.</param>
    public async Task<Acceptance> AcceptAsync(IncomingFile file, UploadFields fields, string? key)
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
            IdempotencyKey = key,
            TraceParent = file.TraceParent,
            State = isCheck ? UploadState.Checking : UploadState.Waiting,
            QueuedAt = isCheck ? null : now,
        };
        await _turn.WaitAsync();
        try
        {
            if (key is not null && _uploads.Values.FirstOrDefault(upload => upload.Record.IdempotencyKey == key) is { } known)
            {
                return new Acceptance(known, AreSame(known.Record, record) ? AcceptanceKind.Known : AcceptanceKind.KeyReused);
            }

            if (!isCheck && FindSame(record, fields.IsOn(UploadFields.Again)) is { } same)
            {
                return Resume(same);
            }

            var upload = new Upload(file.Folder, record);
            File.Move(upload.DataPath + Unfinished, upload.DataPath);
            Write(upload, record);
            file.IsKept = true;
            _uploads.TryAdd(upload.Id, upload);
            return new Acceptance(upload, AcceptanceKind.New);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Makes the import of a checked upload wait for a worker, unless the same content is imported with the same options already.</summary>
    /// <param name="upload">The upload.</param>
    /// <param name="revision">The options that whoever decided this has seen.</param>
    /// <param name="again">Whether to import what was imported already.</param>
    /// <exception cref="RequestException">The options have changed since, or the upload is not one to be started.</exception>
    public async Task<Acceptance> StartAsync(Upload upload, int revision, bool again)
    {
        await _turn.WaitAsync();
        try
        {
            var record = upload.Record;
            if (record.State is UploadState.Failed or UploadState.Cancelled)
            {
                return Resume(upload);
            }

            RequireRevision(record, revision);
            if (record.Check is { Failure: not null } check && check.Revision == revision)
            {
                throw RequestException.Conflict(upload.Id, $"The file cannot be imported with these options: {check.Failure}");
            }

            if (FindSame(record, again) is { } same)
            {
                return Resume(same);
            }

            Write(upload, record with { State = UploadState.Waiting, QueuedAt = _time.GetUtcNow() });
            upload.Work?.Cancel();
            return new Acceptance(upload, AcceptanceKind.New);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Changes the options of an upload that is not imported yet; it is then to be checked again.</summary>
    /// <param name="upload">The upload.</param>
    /// <param name="revision">The options that whoever decided this has seen.</param>
    /// <param name="options">The new options.</param>
    /// <exception cref="RequestException">The options have changed since, or the upload is imported already.</exception>
    public Task ReviseAsync(Upload upload, int revision, IReadOnlyDictionary<string, string[]> options) => ChangeAsync(upload, record =>
    {
        RequireRevision(record, revision);
        upload.Work?.Cancel();
        return record with { Options = options, Revision = revision + 1, State = UploadState.Checking, Check = null };
    });

    /// <summary>Changes the record of an upload, on disk on return.</summary>
    /// <param name="upload">The upload.</param>
    /// <param name="change">The new record; the same one for no change.</param>
    public async Task ChangeAsync(Upload upload, Func<UploadRecord, UploadRecord> change)
    {
        await _turn.WaitAsync();
        try
        {
            var record = change(upload.Record);
            if (record != upload.Record)
            {
                Write(upload, record);
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Deletes an upload and its files.</summary>
    public async Task DeleteAsync(Upload upload)
    {
        await _turn.WaitAsync();
        try
        {
            // The record last: without it, the rest is deleted at the next start.
            File.Delete(Path.Combine(upload.Folder, RecordName));
            Directory.Delete(upload.Folder, recursive: true);
            _uploads.TryRemove(upload.Id, out _);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Cancels a check or an import that has not ended. Rows that are confirmed already stay.</summary>
    /// <exception cref="RequestException">It has ended.</exception>
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

    /// <summary>Deletes what ended longer ago than uploads are kept, and checked files that nobody has imported for a day.</summary>
    public async Task DeleteOldAsync()
    {
        var (ended, received) = (_time.GetUtcNow().AddDays(-_options.KeepDays), _time.GetUtcNow().AddDays(-1));
        foreach (var upload in _uploads.Values.Where(upload => upload.Record.EndedAt < ended
            || (upload.Record.State == UploadState.Checked && upload.Record.ReceivedAt < received)))
        {
            await DeleteAsync(upload);
        }
    }

    /// <summary>How many imports are before this one; null if it does not wait.</summary>
    public int? PositionOf(Upload upload) => upload.Record is { State: UploadState.Waiting, QueuedAt: { } since }
        ? _uploads.Values.Count(other => other.Record is { State: UploadState.Waiting } record && (record.QueuedAt, record.Id).CompareTo((since, upload.Id)) < 0)
        : null;

    public void Dispose()
    {
        _lock.Dispose();
        _turn.Dispose();
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
            && !(again && upload.Record.State == UploadState.Published))
        .MaxBy(upload => upload.Record.ReceivedAt);

    private static bool AreSame(UploadRecord one, UploadRecord other) =>
        one.Sha256 == other.Sha256 && UploadFields.HashOf(one.Options) == UploadFields.HashOf(other.Options);

    private Acceptance Resume(Upload upload)
    {
        if (upload.Record.State == UploadState.Published)
        {
            return new Acceptance(upload, AcceptanceKind.Complete);
        }

        if (upload.Record.State is not (UploadState.Failed or UploadState.Cancelled))
        {
            return new Acceptance(upload, AcceptanceKind.Known);
        }

        Write(upload, upload.Record with { State = UploadState.Waiting, QueuedAt = _time.GetUtcNow(), EndedAt = null, Failure = null });
        return new Acceptance(upload, AcceptanceKind.Resumed);
    }

    private async Task<long> CopyAsync(Stream content, string path, IncrementalHash hash, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            await using var file = Create(path);
            long count = 0;
            var next = CheckBytes;
            int read;
            while ((read = await content.ReadAsync(buffer, cancellationToken)) > 0)
            {
                count += read;
                if (count > _options.MaxUploadBytes)
                {
                    throw TooLarge();
                }

                if (count > next)
                {
                    CheckRoom(0);
                    next += CheckBytes;
                }

                hash.AppendData(buffer, 0, read);
                await WriteAsync(() => file.WriteAsync(buffer.AsMemory(0, read), CancellationToken.None));
            }

            await WriteAsync(() =>
            {
                file.Flush(flushToDisk: true);
                return ValueTask.CompletedTask;
            });
            return count;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>What to answer to a file that is too large.</summary>
    public RequestException TooLarge() => new(
        413, "File too large", $"The file is larger than {ByteSize.ToText(_options.MaxUploadBytes)}. The option --max-upload of the web program sets this limit.");

    // What cannot be written is this side's fault, unlike what cannot be read.
    private static async ValueTask WriteAsync(Func<ValueTask> write)
    {
        try
        {
            await write();
        }
        catch (IOException)
        {
            throw Full();
        }
    }

    private static RequestException Full() => new(
        507, "Not enough space", "There is not enough space on the disk of the uploads. Make room there, or lower --keep-free of the web program.");

    private static FileStream Create(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, BufferSize = 0, Options = FileOptions.Asynchronous };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return new FileStream(path, options);
    }

    private static void CreateFolder(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            // They hold other people's data.
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private static FileStream Lock(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None);
        }
        catch (IOException e) when (e is not (DirectoryNotFoundException or FileNotFoundException) && File.Exists(path))
        {
            throw new FileInUseException($"The folder {Path.GetDirectoryName(path)} is used by another web program. Choose another one with --uploads.", e);
        }
    }

    private void Load(string folder, ILogger logger)
    {
        var path = Path.Combine(folder, RecordName);
        if (!Guid.TryParse(Path.GetFileName(folder), out var id))
        {
            return;
        }

        if (!File.Exists(path))
        {
            // Not accepted, and nobody was told that it was.
            Directory.Delete(folder, recursive: true);
            return;
        }

        try
        {
            var record = JsonSerializer.Deserialize<UploadRecord>(File.ReadAllText(path), Format);
            if (record is not { Version: UploadRecord.CurrentVersion } || record.Id != id)
            {
                logger.UploadUnreadable(folder, $"expected version {UploadRecord.CurrentVersion}");
                return;
            }

            var upload = new Upload(folder, record);
            if (record.State == UploadState.Published)
            {
                upload.DeleteData();
            }

            _uploads.TryAdd(id, upload);
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            logger.UploadUnreadable(folder, FailureReason.Of(e));
        }
    }

    // As a whole or not at all.
    private static void Write(Upload upload, UploadRecord record)
    {
        var path = Path.Combine(upload.Folder, RecordName);
        var kept = record with { State = record.State == UploadState.Importing ? UploadState.Waiting : record.State };
        using (var file = Create(path + Unfinished))
        {
            JsonSerializer.Serialize(file, kept, Format);
            file.Flush(flushToDisk: true);
        }

        File.Move(path + Unfinished, path, overwrite: true);
        upload.Record = record;
    }
}

/// <summary>What has become of a file that was received.</summary>
/// <param name="Upload">The upload that it is.</param>
/// <param name="Kind">Whether it is a new one.</param>
internal sealed record Acceptance(Upload Upload, AcceptanceKind Kind);

/// <summary>See <see cref="Acceptance"/>.</summary>
internal enum AcceptanceKind
{
    /// <summary>A new upload.</summary>
    New,

    /// <summary>The same upload was received before, and is under way or answered already.</summary>
    Known,

    /// <summary>The same upload was received before and had ended early; it goes on.</summary>
    Resumed,

    /// <summary>The same upload was received and imported before.</summary>
    Complete,

    /// <summary>The key belongs to another upload.</summary>
    KeyReused,
}
