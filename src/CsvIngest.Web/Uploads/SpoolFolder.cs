using System.Buffers;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace CsvIngest.Web.Uploads;

/// <summary>
/// The folder of the uploads on disk. Each upload has a folder of its own, with the file, the record of what is to be done with it, and what
/// its import writes: state and rejects files. One program uses a folder at a time.
/// </summary>
internal sealed class SpoolFolder : IDisposable
{
    private const string Unfinished = ".part";
    private const int BufferBytes = 128 * 1024;

    /// <summary>After how many bytes the space on the disk is looked at again; a guess: far less than what is to stay free.</summary>
    private const long CheckBytes = 16 << 20;

    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        // Nobody takes these files for HTML.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly WebOptions _options;
    private readonly ILogger _logger;
    private readonly FileStream _lock;

    /// <summary>Opens the folder, which is created if it does not exist.</summary>
    /// <exception cref="FileInUseException">Another program uses it.</exception>
    /// <exception cref="IOException">It cannot be used.</exception>
    public SpoolFolder(WebOptions options, ILogger logger)
    {
        (_options, _logger) = (options, logger);
        CreateFolder(options.Uploads);
        _lock = Lock(Path.Combine(options.Uploads, ".lock"));
    }

    /// <summary>Bytes that uploads may still take on the disk.</summary>
    public long FreeBytes => new DriveInfo(_options.Uploads).AvailableFreeSpace - _options.KeepFreeBytes;

    /// <summary>Checks whether there is room for a file.</summary>
    /// <exception cref="RequestException">There is none.</exception>
    public void CheckRoom(long bytes)
    {
        if (bytes > FreeBytes)
        {
            throw new RequestException(
                507, "Not enough space", "There is not enough space on the disk of the uploads. Make room there, or lower --keep-free of the web program.");
        }
    }

    /// <summary>What to answer to a file that is too large.</summary>
    public RequestException TooLarge() => new(
        413, "File too large", $"The file is larger than {ByteSize.ToText(_options.MaxUploadBytes)}. The option --max-upload of the web program sets this limit.");

    /// <summary>Receives a file. On return it is on disk, but may be incomplete if the stream is not known to have ended where it should.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="content">Its content.</param>
    /// <param name="cancellationToken">Ends the receiving; nothing remains.</param>
    /// <exception cref="RequestException">It is too large, or the disk is full.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public async Task<IncomingFile> ReceiveAsync(string? name, Stream content, CancellationToken cancellationToken)
    {
        var id = Guid.CreateVersion7();
        var folder = Path.Combine(_options.Uploads, id.ToString());
        try
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            await using var file = Store(() =>
            {
                CreateFolder(folder);
                return Create(Upload.DataIn(folder) + Unfinished);
            });
            var bytes = await CopyAsync(content, file, hash, cancellationToken);
            return new IncomingFile(id, folder, name, bytes, Convert.ToHexStringLower(hash.GetHashAndReset()));
        }
        catch
        {
            DeleteIfThere(folder);
            throw;
        }
    }

    /// <summary>Makes a received file an upload. On return it is on disk, with its record.</summary>
    /// <exception cref="RequestException">It cannot be stored.</exception>
    public Upload Keep(IncomingFile file, UploadRecord record)
    {
        var upload = new Upload(file.Folder, record);
        Store(() => File.Move(upload.DataPath + Unfinished, upload.DataPath));
        Write(upload, record);
        file.IsKept = true;
        return upload;
    }

    /// <summary>Replaces the record of an upload, as a whole or not at all; on return it is on disk.</summary>
    /// <exception cref="RequestException">It cannot be stored; the upload is unchanged.</exception>
    public void Write(Upload upload, UploadRecord record)
    {
        var path = upload.RecordPath;
        var kept = record with { State = record.State == UploadState.Importing ? UploadState.Waiting : record.State };
        Store(() =>
        {
            using (var file = Create(path + Unfinished))
            {
                JsonSerializer.Serialize(file, kept, Format);
                file.Flush(flushToDisk: true);
            }

            File.Move(path + Unfinished, path, overwrite: true);
        });
        (upload.Record, upload.IsUnsaved) = (record, false);
    }

    /// <summary>Reads all uploads, and deletes what was not received to its end, or is not needed any more.</summary>
    public IEnumerable<Upload> Load()
    {
        foreach (var folder in Directory.EnumerateDirectories(_options.Uploads))
        {
            if (Guid.TryParse(Path.GetFileName(folder), out var id) && Load(folder, id) is { } upload)
            {
                yield return upload;
            }
        }
    }

    public void Dispose() => _lock.Dispose();

    private Upload? Load(string folder, Guid id)
    {
        var path = Upload.RecordIn(folder);
        if (!File.Exists(path))
        {
            // Not accepted, and nobody was told that it was.
            Directory.Delete(folder, recursive: true);
            return null;
        }

        try
        {
            var record = JsonSerializer.Deserialize<UploadRecord>(File.ReadAllText(path), Format);
            if (record is not { Version: UploadRecord.CurrentVersion } || record.Id != id)
            {
                _logger.UploadUnreadable(folder, $"expected version {UploadRecord.CurrentVersion}");
                return null;
            }

            var upload = new Upload(folder, record);
            if (record.State == UploadState.Published)
            {
                upload.DeleteWork();
            }

            return upload;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            _logger.UploadUnreadable(folder, FailureReason.Of(e));
            return null;
        }
    }

    private async Task<long> CopyAsync(Stream content, FileStream file, IncrementalHash hash, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
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
                await StoreAsync(() => file.WriteAsync(buffer.AsMemory(0, read), CancellationToken.None));
            }

            Store(() => file.Flush(flushToDisk: true));
            return count;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    // What cannot be written is this side's fault, unlike what cannot be read.
    private async ValueTask StoreAsync(Func<ValueTask> write)
    {
        try
        {
            await write();
        }
        catch (Exception e) when (IsWriteFailure(e))
        {
            throw NotStored(e);
        }
    }

    private T Store<T>(Func<T> write)
    {
        try
        {
            return write();
        }
        catch (Exception e) when (IsWriteFailure(e))
        {
            throw NotStored(e);
        }
    }

    private void Store(Action write) => Store(() =>
    {
        write();
        return true;
    });

    // .NET reports a file that is larger than its file system allows as an argument that is out of range.
    private static bool IsWriteFailure(Exception failure) =>
        failure is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException;

    private RequestException NotStored(Exception failure)
    {
        _logger.NotStored(_options.Uploads, FailureReason.Of(failure));
        return new(
            507, "Not stored", "The disk of the uploads cannot be written; it is probably full. The log of the web program has the reason. Make room there, and try again.");
    }

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

    private static void DeleteIfThere(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
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
}
