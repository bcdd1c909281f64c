using CsvIngest.Importing.Domains;
using CsvIngest.Importing.Sources;

namespace CsvIngest.Importing;

/// <summary>
/// What is saved of a file's import: an earlier run's import is found, or a new one begins, and its state is kept up to date until it is
/// deleted. Only for a file that can be read again. It has a lock of its own: another file may take the name of the one that is imported,
/// whose lock keeps nobody out then.
/// </summary>
/// <param name="importer">The importer.</param>
/// <param name="source">The file.</param>
/// <param name="requested">The options of this run.</param>
internal sealed class SavedState(Importer importer, Source source, ImportOptions requested)
{
    private readonly StateFile _file = StateFile.Of(source.Path!, source.MemberKey, requested.StateFolder);

    private FileStream? _lock;

    /// <summary>Whether the end of the import is kept in the state file: until the file is moved, or for good.</summary>
    private bool _isRemembered = requested.Once || requested.MoveTo is not null;

    /// <summary>The import to be resumed; null for a new one.</summary>
    public ImportState? Unfinished { get; private set; }

    /// <summary>How far the import is confirmed; null before <see cref="Begin"/>.</summary>
    public Checkpoint? Checkpoint { get; private set; }

    /// <summary>Whether importing the same file again resumes the import. Defaults to true.</summary>
    public bool IsResumable { get; set; } = true;

    /// <summary>Finds the state of the file's import: an unfinished one is resumed, and one that is done is not imported again.</summary>
    /// <param name="open">The file.</param>
    /// <returns>Null to begin a new import.</returns>
    /// <exception cref="FileInUseException">Another producer is importing a file that had the name before.</exception>
    /// <exception cref="UnusableFileException">The state file is damaged, or of another version.</exception>
    public ImportState? Find(OpenSource open)
    {
        Lock();
        if (requested.Restart)
        {
            _file.Delete();
        }

        var state = _file.Read();
        if (state is { Ended: { } end })
        {
            var isWanted = state.IsOf(open) && (end == ImportEnd.Failed || _isRemembered);
            // Whoever asked for it to be remembered still wants that after the file was imported again by hand.
            _isRemembered |= end == ImportEnd.Done;
            state = isWanted ? state : null;
        }

        Unfinished = state is { Ended: ImportEnd.Done } ? null : state;
        return state;
    }

    /// <summary>Opens the file of the verdicts of an import that can be resumed.</summary>
    /// <param name="known">Receives the verdicts of the unfinished import.</param>
    /// <exception cref="UnusableFileException">The file of the unfinished import is missing or damaged.</exception>
    /// <exception cref="UnwritableFileException">It cannot be written.</exception>
    public VerdictFile OpenVerdicts(Action<string, DomainVerdict> known) =>
        Unfinished is null ? VerdictFile.Create(_file.VerdictsPath) : VerdictFile.Resume(_file.VerdictsPath, known);

    /// <summary>Begins to publish: a new import, whose state is on disk on return, or what is missing of the unfinished one.</summary>
    /// <param name="import">The import's ID.</param>
    /// <param name="file">The file.</param>
    /// <param name="check">What a check of the file by this run found; null if there was none.</param>
    /// <param name="observer">Learns that an unfinished import keeps its options.</param>
    /// <exception cref="UnusableFileException">The unfinished import was of another definition of the dataset.</exception>
    /// <exception cref="UnwritableFileException">The state file cannot be written.</exception>
    public void Begin(Guid import, BoundFile file, FileCheck? check, IImportObserver observer)
    {
        var state = Unfinished is null ? BeginNew(import, file, check) : Continue(Unfinished, file, check, observer);
        Checkpoint = new Checkpoint(_file, state, importer.Time);
    }

    /// <summary>
    /// The import has ended for good. If it has begun, the state file remembers that, unless it is done and nobody wants that remembered:
    /// then the state file is deleted.
    /// </summary>
    /// <exception cref="IOException">The state file cannot be written.</exception>
    public void End(ImportEnd end)
    {
        if (end == ImportEnd.Done && !_isRemembered)
        {
            _file.Delete();
        }
        else
        {
            Checkpoint?.End(end);
        }
    }

    /// <summary>Deletes the state file and the verdicts.</summary>
    public void Delete() => _file.Delete();

    /// <summary>Releases the lock of the state.</summary>
    public void Release()
    {
        try
        {
            if (_lock is not null)
            {
                WholeFile.DeleteIfThere(_file.LockPath);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next producer takes it over.
        }

        _lock?.Dispose();
        _lock = null;
    }

    /// <summary>Deletes the verdicts of an import that does not begin.</summary>
    public void DeleteVerdicts() => _file.DeleteVerdicts();

    private void Lock()
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_file.LockPath)!);
            while (_lock is null)
            {
                // What a killed producer left is taken over, even from another user: reading is enough for the lock.
                var file = new FileStream(
                    _file.LockPath, FileMode.OpenOrCreate, FileAccess.Read, OperatingSystem.IsWindows() ? FileShare.Delete : FileShare.None);
                if (UnixFiles.IsAt(_file.LockPath, file.SafeFileHandle))
                {
                    _lock = file;
                }
                else
                {
                    // The producer that had it removed it between the opening and the locking.
                    file.Dispose();
                }
            }
        }
        catch (IOException e) when (UnixFiles.IsLocked(e))
        {
            throw Source.InUse(source.Path!, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Where this file cannot be written, the state cannot either, and without it no import begins.
        }
    }

    private ImportState BeginNew(Guid import, BoundFile file, FileCheck? check)
    {
        var state = new ImportState
        {
            Version = ImportState.CurrentVersion,
            Import = import,
            StartedAt = importer.Time.GetUtcNow(),
            Broker = importer.Destination!.DisplayAddress,
            Queue = importer.Destination.Queue,
            Shape = ImportShape.Of(requested.Slices, file.Dataset, file.Reader.Shape.Pinned),
            Size = file.Source.Size ?? 0,
            ModifiedAt = file.Source.ModifiedAt,
            Check = check,
        };
        // Before the first message: whatever is published can be resumed.
        _file.Write(state);
        return state;
    }

    private ImportState Continue(ImportState unfinished, BoundFile file, FileCheck? check, IImportObserver observer)
    {
        unfinished.CheckDataset(file.Dataset);
        if (!unfinished.Shape.IsSameAs(ImportShape.Of(requested.Slices, file.Dataset, unfinished.Shape.Reading)))
        {
            observer.OptionsKept(unfinished.StartedAt);
        }

        // Written when the import has advanced, not before: nothing has been published under the new size and time yet.
        return unfinished with
        {
            Size = file.Source.Size ?? 0,
            ModifiedAt = file.Source.ModifiedAt,
            Check = check ?? (unfinished.Changed ? null : unfinished.Check),
            Changed = false,
            Ended = null,
        };
    }
}
