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
    private OpenSource? _open;
    private FileState? _state;
    private Checkpoint? _checkpoint;
    private RejectsFiles? _rejects;
    private DomainVerdicts? _domains;
    private FileCheck? _check;
    private ImportedContent? _before;
    private bool _hasBegun;
    private RecordReader? _reader;
    private bool _isResumable;
    private bool _isSent;
    private string? _movedTo;

    private ExpansionLimit Expansion => new(requested.MaxExpansion);

    private Guid NewId => requested.ImportId ?? Guid.CreateVersion7();

    /// <summary>Imports the file; throws what ended the import early.</summary>
    public async Task<ImportOutcome> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            _open = source.Open(Expansion, isClaimed: importer.Destination is not null, cancellationToken);
            _progress.Follow(_open);
            return importer.Destination is not null && _open.IsResumable
                ? await ImportFileAsync(_open, cancellationToken)
                : await ImportOnceAsync(_open, cancellationToken);
        }
        catch (UnusableFileException failure) when (importer.Destination is not null && source.Path is not null && requested.FailedTo is not null)
        {
            SetAside(failure, requested.FailedTo);
            throw;
        }
        finally
        {
            _domains?.Dispose();
            KeepRejects();
            _rejects?.Dispose();
            // Until here, no other producer takes the file or its state.
            _open?.Dispose();
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
        // A check sends nothing.
        RowsSent = _progress.IsChecking ? 0 : _progress.RowsSent,
        RowsRejected = _progress.RowsRejected,
        RowsDuplicate = _progress.RowsDuplicate,
        RowsUnchecked = _progress.RowsUnchecked,
        RowsConfirmed = _progress.RowsConfirmed,
        RowsConfirmedBefore = _progress.RowsConfirmedBefore,
        RowsSentBefore = _progress.RowsSentBefore,
        Messages = _progress.Messages,
        Bytes = _progress.BytesRead,
        Elapsed = elapsed,
        RejectedPath = _rejects?.RejectedPath,
        ErrorsPath = _rejects?.ErrorsPath,
        MovedTo = _movedTo,
        IsResumable = _isResumable,
        Check = _check,
        Before = _before,
    };

    /// <summary>Reads a pipe, which nobody can read again; or anything in a dry run.</summary>
    private async Task<ImportOutcome> ImportOnceAsync(OpenSource open, CancellationToken cancellationToken)
    {
        if (importer.Destination is not null && requested.CheckFirst == true)
        {
            throw new ImportOptionsException([new(ImportOption.CheckFirst, "not possible for a pipe, which cannot be read twice; save its content as a file.")]);
        }

        // A dry run is what the check of an import would be.
        var isCheck = importer.Destination is null && open.IsResumable && requested.IsCheckedFirst;
        await ReadAsync(open, null, isCheck ? ReadingPass.Check : ReadingPass.Only, cancellationToken);
        return importer.Destination is null ? ImportOutcome.DryRun : ImportOutcome.Done;
    }

    /// <summary>Imports a file that can be read again.</summary>
    private async Task<ImportOutcome> ImportFileAsync(OpenSource open, CancellationToken cancellationToken)
    {
        _isResumable = true;
        _state = new FileState(importer, source, requested);
        var unfinished = _state.Find(open);
        if (unfinished is { Ended: ImportEnd.Done })
        {
            _importId = unfinished.Import;
            MoveAway();
            return ImportOutcome.AlreadyDone;
        }

        var slices = unfinished is null ? requested.Slices : unfinished.Shape.Options with { Reading = unfinished.Shape.ReadingAsked };
        var history = new ImportHistory(
            requested.StateFolder ?? Path.GetDirectoryName(source.Path)!, slices, importer.FindDataset(slices.Dataset), importer.Destination!);
        if (unfinished is null && (_before = FindBefore(history, cancellationToken)) is not null)
        {
            var isSame = history.IsSameWay(_before);
            if (requested.SkipImported && isSame)
            {
                MoveAway();
                return ImportOutcome.Skipped;
            }

            observer.ImportedBefore(_before, isSame);
        }

        unfinished?.CheckDestination(importer.Destination!);
        unfinished?.CheckFile(open);
        var isChecked = requested.IsCheckedFirst && await CheckAsync(unfinished, cancellationToken);
        var run = await ReadAsync(_open!, unfinished, isChecked ? ReadingPass.AfterCheck : ReadingPass.Only, cancellationToken);
        Remember(history, run.Content!);
        _state.End(_checkpoint!);
        MoveAway();
        return ImportOutcome.Done;
    }

    /// <summary>Reads the whole file before anything is published, unless that was done when its unfinished import began.</summary>
    /// <returns>Whether the file was read now.</returns>
    /// <exception cref="UnusableFileException">It is unusable, or too many rows are rejected.</exception>
    private async Task<bool> CheckAsync(ImportState? unfinished, CancellationToken cancellationToken)
    {
        if (unfinished is { Check: { } known, Changed: false })
        {
            _check = known;
            CheckRejects(known, isResumed: true);
            return false;
        }

        _progress.IsChecking = true;
        try
        {
            await ReadAsync(_open!, unfinished, ReadingPass.Check, cancellationToken);
        }
        catch when (unfinished is null)
        {
            // There is no import that they could be needed for.
            _domains?.Dispose();
            _state!.File.DeleteVerdicts();
            throw;
        }

        ReadAgain(cancellationToken);
        _progress.Restart();
        return true;
    }

    private void ReadAgain(CancellationToken cancellationToken)
    {
        _open = source.OpenAgain(_open!, Expansion, cancellationToken);
        _progress.Follow(_open);
    }

    private void CheckRejects(FileCheck found, bool isResumed)
    {
        if (requested.MaxRejects.IsExceeded(found.Rejected, found.Rows, atEnd: true))
        {
            var nothing = isResumed ? "nothing more is published" : "nothing is published";
            throw requested.MaxRejects.Exceeded(found.Rejected, found.Rows, $"{nothing}. The reasons are in the errors file.");
        }
    }

    /// <summary>Reads the file once: to check it, to publish it, or both.</summary>
    private async Task<ImportRun> ReadAsync(OpenSource open, ImportState? unfinished, ReadingPass pass, CancellationToken cancellationToken)
    {
        var options = unfinished is null ? requested : requested with { Slices = unfinished.Shape.Options };
        var dataset = importer.FindDataset(options.Slices.Dataset);
        _dataset = dataset.Name;
        var isPublished = pass != ReadingPass.Check;
        var news = new ReadingPassObserver(observer, hasWarnings: pass != ReadingPass.AfterCheck, hasRows: isPublished || importer.Destination is null);

        var warnings = new DelayedWarnings(news);
        using var reader = RecordReader.Open(
            open.Bytes, options.Slices.Reading with { HashPrefix = isPublished && _state is not null }, warnings.Add,
            new ExpectedHeader(dataset, options.Slices.Map));
        _reader = reader;
        if (!_hasBegun)
        {
            observer.Recognized(new RecognizedFile(dataset, reader.Shape.Names, reader.Shape.Describe(), reader.Shape.Pinned));
        }

        var file = BoundFile.Bind(source.Name, open, reader, dataset, options.Slices, warnings.Add);
        CheckMovable();
        // Before a file is checked: why read all of it if it cannot be published?
        var publisher = importer.Destination is null ? null : await importer.Destination.OpenAsync(cancellationToken);
        // Before anything is published, because they may not be writable. A check has written those of the whole file.
        var rejects = pass == ReadingPass.AfterCheck ? null : _rejects = PrepareRejects(() => reader.HeaderRaw.ToArray());
        await PrepareDomainsAsync(options, dataset, isResumed: unfinished is not null, warnings.Add, cancellationToken);

        _importId ??= unfinished?.Import ?? NewId;
        if (isPublished && publisher is not null)
        {
            _checkpoint = unfinished is null
                ? _state?.Begin(_importId.Value, file, _check)
                : _state!.Continue(unfinished, file, _check, observer.OptionsKept);
        }

        if (!_hasBegun)
        {
            _hasBegun = true;
            observer.Began(new ImportBeginning(
                _importId.Value, dataset, file.Binding, reader.Shape.Names, reader.Shape.Describe(), _progress));
        }

        warnings.Release();

        var run = new ImportRun(
            _importId.Value,
            new ImportOrigin(open.Size, _checkpoint?.StartedAt ?? importer.Time.GetUtcNow(), Environment.MachineName, Environment.UserName),
            file,
            // The limit is for all rows where these are known.
            pass == ReadingPass.Only && _check is null ? options : options with { MaxRejects = RejectLimit.None },
            _progress,
            new ImportOutputs { Publisher = isPublished ? publisher : null, Checkpoint = _checkpoint, Rejects = rejects, Observer = news },
            _domains);
        try
        {
            await run.RunAsync(cancellationToken);
            if (pass == ReadingPass.Check)
            {
                _check = new FileCheck(_progress.RowsRead, _progress.RowsRejected);
                CheckRejects(_check, isResumed: unfinished is not null);
            }

            if (isPublished || importer.Destination is null)
            {
                // Not until the rejects files are written is the import done.
                _rejects?.Publish(run.HasPublished, isComplete: true, observer.Warned);
            }
        }
        finally
        {
            _isSent = run.HasPublished || unfinished is { ConfirmedSlices: > 0 };
            _isResumable &= run.IsResumable || !isPublished;
        }

        return run;
    }

    /// <summary>The import that published the file's content before; null if none is known.</summary>
    private ImportedContent? FindBefore(ImportHistory history, CancellationToken cancellationToken)
    {
        if (!history.MayKnow(_open!))
        {
            return null;
        }

        var import = history.Find(_open!.Bytes, cancellationToken);
        ReadAgain(cancellationToken);
        return import;
    }

    /// <summary>Remembers that the content of the file is published completely.</summary>
    private void Remember(ImportHistory history, ContentDigest content)
    {
        try
        {
            history.Add(source.Name, _importId!.Value, importer.Time.GetUtcNow(), content);
        }
        catch (UnwritableFileException e)
        {
            // The import is complete all the same.
            observer.Warned(new ImportWarning(FailureReason.InFull(e)));
        }
    }

    private RejectsFiles? PrepareRejects(Func<ReadOnlyMemory<byte>> header)
    {
        // What came through a pipe cannot be read again, so no other import replaces its rejects.
        var owner = source.Path is null ? $"{Guid.NewGuid()}" : $"{source.Path}|{source.Name}";
        return requested.RejectsFolder is { } folder ? RejectsFiles.Prepare(folder, source.FileName, owner, header) : null;
    }

    /// <summary>Gives the rejects of an import that ended early their names.</summary>
    private void KeepRejects()
    {
        try
        {
            _rejects?.Publish(_isSent, isComplete: false, observer.Warned);
        }
        catch (UnwritableFileException e)
        {
            // What ended the import is what is to be reported.
            observer.Warned(new ImportWarning(FailureReason.InFull(e)));
        }
    }

    private void CheckMovable()
    {
        if (_state is not null && (requested.MoveTo ?? requested.FailedTo) is not null)
        {
            FileMove.CheckSource(source.Path!, requested.MoveTo is null ? ImportOption.FailedTo : ImportOption.MoveTo);
        }
    }

    /// <summary>Moves the file, whose import is done, where it is to go. Then nothing needs to be remembered.</summary>
    private void MoveAway()
    {
        if (requested.MoveTo is not { } folder)
        {
            return;
        }

        try
        {
            Move(folder, prepare: _ => true);
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
            Move(folder, prepare: target => _rejects?.TryMoveBeside(target) ?? true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            observer.Warned(new ImportWarning($"The file cannot be moved to {DisplayText.OneLine(folder)}: {FailureReason.Of(e)}"));
        }
    }

    private void Move(string folder, Func<string, bool> prepare)
    {
        var target = FileMove.Into(folder, source.Path!, prepare);
        // It may be in that folder already. Then what is known of it is still needed.
        if (target != source.Path)
        {
            _movedTo = target;
            FileState.Delete(source, requested);
        }
    }

    // Before the state is written: an import that can be resumed has a file of its verdicts.
    private async Task PrepareDomainsAsync(
        ImportOptions options, Dataset dataset, bool isResumed, Action<ImportWarning> warn, CancellationToken cancellationToken)
    {
        if (!options.Slices.CheckDomains)
        {
            return;
        }

        if (!dataset.Columns.Any(column => column.Type == ColumnType.Email))
        {
            warn(new ImportWarning($"Dataset {dataset.Name} has no column of type email, so no domain is checked."));
        }

        // The verdicts of a check are those of the import.
        _domains ??= new DomainVerdicts(
            await DomainLookup.OpenAsync(requested.NameServer, cancellationToken),
            _state?.File.VerdictsPath switch
            {
                null => null,
                { } path when isResumed => known => VerdictFile.Resume(path, known),
                { } path => _ => VerdictFile.Create(path),
            });
    }
}
