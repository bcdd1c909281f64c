using CsvIngest.Datasets;
using CsvIngest.Importing.Domains;
using CsvIngest.Importing.Rows;
using CsvIngest.Importing.Sources;
using CsvIngest.Store;
using CsvIngest.Values;

namespace CsvIngest.Importing;

/// <summary>The import of one file, from its name to its result: opens it, finds or makes its state, and runs the import.</summary>
/// <param name="importer">The importer, with what all its imports share.</param>
/// <param name="source">The file.</param>
/// <param name="requested">The options of this run.</param>
/// <param name="observer">Learns what happens on the way.</param>
internal sealed class FileImport(Importer importer, Source source, ImportOptions requested, IImportObserver observer)
{
    private readonly ImportProgress _progress = new();
    private Guid? _importId;
    private string _dataset = requested.Slices.Dataset;
    private StateFile? _stateFile;
    private Checkpoint? _checkpoint;
    private RejectsFiles? _rejects;
    private RecordReader? _reader;
    private bool _isResumable;
    private string? _movedTo;

    /// <summary>Whether the end of the import is kept in the state file: until the file is moved, or for good.</summary>
    private bool _isRemembered = requested.Once || requested.MoveTo is not null;

    private Guid NewId => requested.ImportId ?? Guid.CreateVersion7();

    /// <summary>Imports the file; throws what ended the import early.</summary>
    public async Task<ImportOutcome> RunAsync(CancellationToken cancellationToken)
    {
        OpenSource? open = null;
        try
        {
            open = source.Open(new ExpansionLimit(requested.MaxExpansion), isClaimed: importer.Destination is not null, cancellationToken);
            return await RunAsync(open, cancellationToken);
        }
        catch (UnusableFileException failure) when (importer.Destination is not null && source.Path is not null && requested.FailedTo is not null)
        {
            SetAside(failure, requested.FailedTo);
            throw;
        }
        finally
        {
            _rejects?.Dispose();
            // Until here, no other producer takes the file or its state.
            open?.Dispose();
        }
    }

    /// <summary>What has become of the file.</summary>
    public ImportResult Describe(ImportOutcome outcome, Exception? failure, TimeSpan elapsed) => new()
    {
        Source = source.Name,
        Dataset = _dataset,
        Format = _reader?.Shape.Describe(),
        Outcome = outcome,
        Failure = failure,
        ImportId = _importId,
        RowsRead = _progress.RowsRead,
        RowsSent = _progress.RowsSent,
        RowsRejected = _progress.RowsRejected,
        RowsDuplicate = _progress.RowsDuplicate,
        RowsUnchecked = _progress.RowsUnchecked,
        RowsConfirmed = _progress.RowsConfirmed,
        Messages = _progress.Messages,
        Bytes = _progress.BytesRead,
        Elapsed = elapsed,
        RejectedPath = _rejects?.RejectedPath,
        ErrorsPath = _rejects?.ErrorsPath,
        MovedTo = _movedTo,
        IsResumable = _isResumable,
    };

    private async Task<ImportOutcome> RunAsync(OpenSource open, CancellationToken cancellationToken)
    {
        _progress.Follow(open);
        var unfinished = importer.Destination is not null && open.IsResumable ? FindState(open) : null;
        if (unfinished is { Ended: ImportEnd.Done })
        {
            _importId = unfinished.Import;
            MoveAway();
            return ImportOutcome.AlreadyDone;
        }

        await ImportAsync(open, unfinished, cancellationToken);
        if (_isRemembered)
        {
            _checkpoint?.End(ImportEnd.Done);
        }
        else
        {
            _checkpoint?.Delete();
        }

        MoveAway();
        return importer.Destination is null ? ImportOutcome.DryRun : ImportOutcome.Done;
    }

    private async Task ImportAsync(OpenSource open, ImportState? unfinished, CancellationToken cancellationToken)
    {
        var options = unfinished is null ? requested : requested with { Slices = unfinished.Shape.Options };
        var dataset = importer.FindDataset(options.Slices.Dataset);
        _dataset = dataset.Name;

        var warnings = new DelayedWarnings(observer);
        using var reader = RecordReader.Open(
            open.Bytes, options.Slices.Reading with { HashPrefix = _stateFile is not null }, warnings.Add,
            new ExpectedHeader(dataset, options.Slices.Map));
        _reader = reader;
        observer.Recognized(new RecognizedFile(dataset, reader.Shape.Names, reader.Shape.Describe(), reader.Shape.Pinned));
        var file = BoundFile.Bind(source.Name, open, reader, dataset, options.Slices, warnings.Add);
        CheckMovable();
        var publisher = importer.Destination is null ? null : await importer.Destination.OpenAsync(cancellationToken);
        // Before anything is published, but not before it can be: this removes the rejects files of the import before.
        _rejects = PrepareRejects(() => reader.HeaderRaw.ToArray());
        if (publisher is not null)
        {
            _progress.Follow(publisher);
        }

        using var domains = options.Slices.CheckDomains
            ? await OpenDomainsAsync(isResumed: unfinished is not null, cancellationToken)
            : null;
        if (domains is not null && !dataset.Columns.Any(column => column.Type == ColumnType.Email))
        {
            warnings.Add(new ImportWarning($"Dataset {dataset.Name} has no column of type email, so no domain is checked."));
        }

        _checkpoint = _stateFile is null ? null : unfinished is null ? Begin(_stateFile, file) : Continue(_stateFile, unfinished, file);
        _importId = _checkpoint?.ImportId ?? NewId;
        observer.Began(new ImportBeginning(
            _importId.Value, dataset, file.Binding, reader.Shape.Names, reader.Shape.Describe(), _progress));
        warnings.Release();

        var run = new ImportRun(
            _importId.Value,
            new ImportOrigin(open.Size, _checkpoint?.StartedAt ?? importer.Time.GetUtcNow(), Environment.MachineName, Environment.UserName),
            file,
            options,
            _progress,
            new ImportOutputs { Publisher = publisher, Checkpoint = _checkpoint, Rejects = _rejects, Observer = observer },
            domains);
        try
        {
            await run.RunAsync(cancellationToken);
            // Not until the rejects files are written is the import done.
            _rejects?.Dispose();
        }
        finally
        {
            _isResumable &= run.IsResumable;
        }
    }

    /// <summary>The state of the file's import: an unfinished one is resumed, and one that is done is not imported again.</summary>
    /// <returns>Null to begin a new import.</returns>
    private ImportState? FindState(OpenSource open)
    {
        _stateFile = StateFile.Of(source.Path!, source.MemberKey, requested.StateFolder);
        _isResumable = true;
        if (requested.Restart)
        {
            _stateFile.Delete();
        }

        var state = _stateFile.Read();
        if (state is not { Ended: { } end })
        {
            return state;
        }

        var isWanted = state.IsOf(open) && (end == ImportEnd.Failed || _isRemembered);
        // Whoever asked for it to be remembered still wants that after the file was imported again by hand.
        _isRemembered |= end == ImportEnd.Done;
        return isWanted ? state : null;
    }

    private RejectsFiles? PrepareRejects(Func<ReadOnlyMemory<byte>> header)
    {
        var owner = source.Path is null ? $"{Guid.NewGuid()}" : $"{source.Path}|{source.Name}";
        return requested.RejectsFolder is { } folder
            ? RejectsFiles.Prepare(folder, source.FileName, owner, importer.RejectsNames, header)
            : null;
    }

    private void CheckMovable()
    {
        if (_stateFile is not null && (requested.MoveTo ?? requested.FailedTo) is not null)
        {
            FileMove.CheckSource(source.Path!, requested.MoveTo is null ? ImportOption.FailedTo : ImportOption.MoveTo);
        }
    }

    /// <summary>Moves the file, whose import is done, where it is to go. Then nothing needs to be remembered.</summary>
    private void MoveAway()
    {
        if (_stateFile is null || requested.MoveTo is not { } folder)
        {
            return;
        }

        try
        {
            Move(folder, _ => { });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UnwritableFileException(
                $"Every row is confirmed, but the file cannot be moved to {DisplayText.OneLine(folder)}: {FailureReason.Of(e)} Importing it again only moves it.",
                e,
                new Remedy(ImportOption.MoveTo));
        }
    }

    /// <summary>Moves the file, which is unusable, where such files go, with its rejects files and the reason beside it.</summary>
    private void SetAside(UnusableFileException failure, string folder)
    {
        try
        {
            // If this is interrupted, the same file resumes this import, and another one of its name begins its own.
            _checkpoint?.End(ImportEnd.Failed);
            _rejects ??= PrepareRejects(() => default);
            _rejects?.WriteFailure(FailureReason.Of(failure));
            _rejects?.Dispose();

            Move(folder, beforehand: target => _rejects?.MoveBeside(target));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            observer.Warned(new ImportWarning($"The file cannot be moved to {DisplayText.OneLine(folder)}: {FailureReason.Of(e)}"));
        }
    }

    private void Move(string folder, Action<string> beforehand)
    {
        var target = FileMove.Into(folder, source.Path!, beforehand);
        // It may be in that folder already. Then what is known of it is still needed.
        if (target != source.Path)
        {
            _movedTo = target;
            DeleteStates();
        }
    }

    /// <summary>Deletes the state file, and those of the other tables if the file is an archive.</summary>
    private void DeleteStates()
    {
        _stateFile?.Delete();
        foreach (var member in source.MemberKeys)
        {
            StateFile.Of(source.Path!, member, requested.StateFolder).Delete();
        }
    }

    // Before the state is written: an import that can be resumed has a file of its verdicts.
    private async Task<DomainVerdicts> OpenDomainsAsync(bool isResumed, CancellationToken cancellationToken)
    {
        var lookup = await DomainLookup.OpenAsync(requested.NameServer, cancellationToken);
        return new DomainVerdicts(lookup, _stateFile switch
        {
            null => null,
            { VerdictsPath: var path } when isResumed => known => VerdictFile.Resume(path, known),
            { VerdictsPath: var path } => _ => VerdictFile.Create(path),
        });
    }

    private Checkpoint Begin(StateFile stateFile, BoundFile file)
    {
        var state = new ImportState
        {
            Version = ImportState.CurrentVersion,
            Import = NewId,
            StartedAt = importer.Time.GetUtcNow(),
            Broker = importer.Destination!.DisplayAddress,
            Queue = importer.Destination.Queue,
            Shape = ImportShape.Of(requested.Slices, file.Dataset, file.Reader.Shape.Pinned),
            Size = file.Source.Size ?? 0,
            ModifiedAt = file.Source.ModifiedAt,
        };
        // Before the first message: whatever is published can be resumed.
        stateFile.Write(state);
        return new Checkpoint(stateFile, state, importer.Time);
    }

    private Checkpoint Continue(StateFile stateFile, ImportState unfinished, BoundFile file)
    {
        unfinished.CheckDestination(importer.Destination!);
        unfinished.CheckFile(file.Source);
        unfinished.CheckDataset(file.Dataset);
        if (!unfinished.Shape.IsSameAs(ImportShape.Of(requested.Slices, file.Dataset, unfinished.Shape.Reading)))
        {
            observer.OptionsKept(unfinished.StartedAt);
        }

        // Written when the import has advanced, not before: nothing has been published under the new size and time yet.
        var state = unfinished with { Size = file.Source.Size ?? 0, ModifiedAt = file.Source.ModifiedAt, Changed = false, Ended = null };
        return new Checkpoint(stateFile, state, importer.Time);
    }

    /// <summary>Keeps the warnings about the start of the file until the observer knows the import.</summary>
    private sealed class DelayedWarnings(IImportObserver observer)
    {
        private List<ImportWarning>? _delayed = [];

        public void Add(ImportWarning warning)
        {
            if (_delayed is not null)
            {
                _delayed.Add(warning);
            }
            else
            {
                observer.Warned(warning);
            }
        }

        public void Release()
        {
            foreach (var warning in _delayed!)
            {
                observer.Warned(warning);
            }

            _delayed = null;
        }
    }
}
