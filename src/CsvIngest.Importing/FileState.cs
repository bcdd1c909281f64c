using CsvIngest.Importing.Sources;

namespace CsvIngest.Importing;

/// <summary>The state of the import of a file that can be read again: found, begun or continued, and ended.</summary>
internal sealed class FileState
{
    private readonly Importer _importer;
    private readonly ImportOptions _requested;

    // Whether the end of the import is kept in the state file: until the file is moved, or for good.
    private bool _isRemembered;

    /// <param name="importer">The importer.</param>
    /// <param name="source">The file.</param>
    /// <param name="requested">The options of this run.</param>
    public FileState(Importer importer, Source source, ImportOptions requested)
    {
        (_importer, _requested) = (importer, requested);
        _isRemembered = requested.Once || requested.MoveTo is not null;
        File = StateFile.Of(source.Path!, source.MemberKey, requested.StateFolder);
    }

    /// <summary>Where the state is kept.</summary>
    public StateFile File { get; }

    /// <summary>The state of an import of the file: an unfinished one is resumed, and one that is done is not imported again.</summary>
    /// <returns>Null to begin a new import.</returns>
    /// <exception cref="UnusableFileException">The state file is unusable.</exception>
    public ImportState? Find(OpenSource open)
    {
        if (_requested.Restart)
        {
            File.Delete();
        }

        var state = File.Read();
        if (state is not { Ended: { } end })
        {
            return state;
        }

        var isWanted = state.IsOf(open) && (end == ImportEnd.Failed || _isRemembered);
        // Whoever asked for it to be remembered still wants that after the file was imported again by hand.
        _isRemembered |= end == ImportEnd.Done;
        return isWanted ? state : null;
    }

    /// <summary>Writes the state of a new import.</summary>
    /// <param name="import">Its ID.</param>
    /// <param name="file">The file.</param>
    /// <param name="check">What the check of the file has found; null if it was not checked.</param>
    /// <exception cref="UnwritableFileException">The state cannot be written.</exception>
    public Checkpoint Begin(Guid import, BoundFile file, FileCheck? check)
    {
        var state = new ImportState
        {
            Version = ImportState.CurrentVersion,
            Import = import,
            StartedAt = _importer.Time.GetUtcNow(),
            Broker = _importer.Destination!.DisplayAddress,
            Queue = _importer.Destination.Queue,
            Shape = ImportShape.Of(_requested.Slices, file.Dataset, file.Reader.Shape.Pinned),
            Size = file.Source.Size ?? 0,
            ModifiedAt = file.Source.ModifiedAt,
            Check = check,
        };
        // Before the first message: whatever is published can be resumed.
        File.Write(state);
        return new Checkpoint(File, state, _importer.Time);
    }

    /// <summary>Continues an unfinished import.</summary>
    /// <param name="unfinished">Its state.</param>
    /// <param name="file">The file.</param>
    /// <param name="check">What the check of the file has found in this run; null if it was not checked.</param>
    /// <param name="optionsKept">Called if the import keeps options other than those of this run.</param>
    /// <exception cref="UnusableFileException">The dataset has changed.</exception>
    public Checkpoint Continue(ImportState unfinished, BoundFile file, FileCheck? check, Action<DateTimeOffset> optionsKept)
    {
        unfinished.CheckDataset(file.Dataset);
        if (!unfinished.Shape.IsSameAs(ImportShape.Of(_requested.Slices, file.Dataset, unfinished.Shape.Reading)))
        {
            optionsKept(unfinished.StartedAt);
        }

        // Written when the import has advanced, not before: nothing has been published under the new size and time yet.
        var state = unfinished with
        {
            Size = file.Source.Size ?? 0,
            ModifiedAt = file.Source.ModifiedAt,
            Check = check ?? (unfinished.Changed ? null : unfinished.Check),
            Changed = false,
            Ended = null,
        };
        return new Checkpoint(File, state, _importer.Time);
    }

    /// <summary>Ends an import that is done.</summary>
    /// <exception cref="IOException">The state file cannot be written.</exception>
    public void End(Checkpoint checkpoint)
    {
        if (_isRemembered)
        {
            checkpoint.End(ImportEnd.Done);
        }
        else
        {
            checkpoint.Delete();
        }
    }

    /// <summary>Deletes all state of a file that is moved away, and that of the other tables if it is an archive.</summary>
    public static void Delete(Source source, ImportOptions requested)
    {
        foreach (var member in source.MemberKeys.Append(source.MemberKey))
        {
            StateFile.Of(source.Path!, member, requested.StateFolder).Delete();
        }
    }
}
