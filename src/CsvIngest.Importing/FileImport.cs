using CsvIngest.Datasets;
using CsvIngest.Importing.Domains;
using CsvIngest.Importing.Rows;
using CsvIngest.Importing.Sources;
using CsvIngest.Store;

namespace CsvIngest.Importing;

/// <summary>The import of one file, from its name to its result: opens it, checks what is known of it, and reads it once or twice.</summary>
/// <param name="importer">The importer, with what all its imports share.</param>
/// <param name="source">The file.</param>
/// <param name="requested">The options of this run.</param>
/// <param name="observer">Learns what happens on the way.</param>
internal sealed class FileImport(Importer importer, Source source, ImportOptions requested, IImportObserver observer)
{
    private readonly ImportProgress _progress = new();
    private readonly FinishedFile _finished = new(source, requested, observer.Warned);
    private OpenSource? _open;

    // Null for what cannot be read again, and in a dry run: nothing of their imports is saved.
    private SavedState? _state;
    private DomainVerdicts? _domains;
    private RejectsFiles? _rejects;
    private RecordReader? _reader;

    // That of the last reading.
    private ImportRun? _run;

    private string _dataset = requested.Slices.Dataset;
    private Guid? _importId;
    private ImportedContent? _before;
    private FileCheck? _check;

    private ExpansionLimit Expansion => new(requested.MaxExpansion);

    /// <summary>Whether rows of the import are published, by this run or an earlier one.</summary>
    private bool IsSent => _run is not null && (_run.HasPublished || _state?.Unfinished is { ConfirmedSlices: > 0 });

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
            _finished.SetAside(requested.FailedTo, failure, _open, _state, () => PrepareRejects(() => default));
            throw;
        }
        finally
        {
            _domains?.Dispose();
            // The rejects of an import that ended early get their names, but what ended it is what is to be reported.
            TryToWrite(() => _rejects?.Publish(IsSent, isComplete: false, observer.Warned));
            try
            {
                _rejects?.Dispose();
                _state?.Release();
            }
            finally
            {
                // Until here, no other producer takes the file.
                _open?.Dispose();
            }
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
        // Its content was read and recognized before.
        Bytes = outcome == ImportOutcome.Skipped ? _progress.Size ?? _progress.BytesRead : _progress.BytesRead,
        Elapsed = elapsed,
        RejectedPath = _rejects?.RejectedPath,
        ErrorsPath = _rejects?.ErrorsPath,
        MovedTo = _finished.MovedTo,
        IsResumable = _state is { IsResumable: true },
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
        await ReadAsync(isCheck ? ReadingPass.Check : ReadingPass.Only, cancellationToken);
        return importer.Destination is null ? ImportOutcome.DryRun : ImportOutcome.Done;
    }

    /// <summary>Imports a file that can be read again.</summary>
    private async Task<ImportOutcome> ImportFileAsync(OpenSource open, CancellationToken cancellationToken)
    {
        _state = new SavedState(importer, source, requested);
        if (_state.Find(open) is { Ended: ImportEnd.Done } done)
        {
            _importId = done.Import;
            _finished.MoveAway(open, _state);
            return ImportOutcome.AlreadyDone;
        }

        var unfinished = _state.Unfinished;
        var slices = unfinished is null ? requested.Slices : unfinished.Shape.Options with { Reading = unfinished.Shape.ReadingAsked };
        var history = new ImportHistory(
            requested.StateFolder ?? Path.GetDirectoryName(source.Path)!, slices, importer.FindDataset(slices.Dataset), importer.Destination!);
        if (unfinished is null && (_before = FindBefore(history, cancellationToken)) is not null)
        {
            var isSame = history.IsSameWay(_before);
            if (requested.SkipImported && isSame)
            {
                _finished.MoveAway(open, _state);
                return ImportOutcome.Skipped;
            }

            observer.ImportedBefore(_before, isSame);
        }

        unfinished?.CheckDestination(importer.Destination!);
        unfinished?.CheckFile(open);
        var isChecked = requested.IsCheckedFirst && await CheckAsync(_state, cancellationToken);
        await ReadAsync(isChecked ? ReadingPass.AfterCheck : ReadingPass.Only, cancellationToken);
        // The import is complete, whether its content will be recognized or not.
        TryToWrite(() => history.Add(source.Name, _importId!.Value, importer.Time.GetUtcNow(), _run!.Content!));
        _state.End(ImportEnd.Done);
        _finished.MoveAway(open, _state);
        return ImportOutcome.Done;
    }

    /// <summary>Reads the whole file before anything is published, unless that was done when its unfinished import began.</summary>
    /// <returns>Whether the file was read now.</returns>
    /// <exception cref="UnusableFileException">It is unusable, or too many rows are rejected.</exception>
    private async Task<bool> CheckAsync(SavedState state, CancellationToken cancellationToken)
    {
        if (state.Unfinished is { Check: { } known, Changed: false })
        {
            _check = known;
            CheckRejects(known, isResumed: true);
            return false;
        }

        _progress.IsChecking = true;
        try
        {
            await ReadAsync(ReadingPass.Check, cancellationToken);
        }
        catch when (state.Unfinished is null)
        {
            // There is no import that they could be needed for.
            _domains?.Dispose();
            _domains = null;
            state.DeleteVerdicts();
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
    private async Task ReadAsync(ReadingPass pass, CancellationToken cancellationToken)
    {
        var open = _open!;
        var unfinished = _state?.Unfinished;
        var options = unfinished is null ? requested : requested with { Slices = unfinished.Shape.Options };
        var dataset = importer.FindDataset(options.Slices.Dataset);
        _dataset = dataset.Name;
        var isFirst = pass != ReadingPass.AfterCheck;
        var isPublished = pass != ReadingPass.Check;
        var news = new ReadingPassObserver(observer, hasWarnings: isFirst, hasRows: isPublished || importer.Destination is null);

        var warnings = new DelayedWarnings(news);
        using var reader = RecordReader.Open(
            open.Bytes, options.Slices.Reading with { HashPrefix = isPublished && _state is not null }, warnings.Add,
            new ExpectedHeader(dataset, options.Slices.Map));
        _reader = reader;
        if (isFirst)
        {
            observer.Recognized(new RecognizedFile(dataset, reader.Shape.Names, reader.Shape.Describe(), reader.Shape.Pinned));
        }

        var file = BoundFile.Bind(source.Name, open, reader, dataset, options.Slices, warnings.Add);
        if (_state is not null)
        {
            _finished.CheckMovable();
        }

        // Before a file is checked: why read all of it if it cannot be published?
        var publisher = importer.Destination is null ? null : await importer.Destination.OpenAsync(cancellationToken);
        // Before anything is published, because they may not be writable. A check has written those of the whole file.
        var rejects = isFirst ? PrepareRejects(() => reader.HeaderRaw.ToArray()) : null;
        if (options.Slices.CheckDomains)
        {
            // Before the state is written: an import that can be resumed has a file of its verdicts. Those of a check are those of the import.
            _domains ??= new DomainVerdicts(
                await DomainLookup.OpenAsync(requested.NameServer, cancellationToken), _state is null ? null : _state.OpenVerdicts);
        }

        _importId ??= unfinished?.Import ?? requested.ImportId ?? Guid.CreateVersion7();
        if (isPublished)
        {
            _state?.Begin(_importId.Value, file, _check, observer);
        }

        if (isFirst)
        {
            observer.Began(new ImportBeginning(
                _importId.Value, dataset, file.Binding, reader.Shape.Names, reader.Shape.Describe(), _progress));
        }

        warnings.Release();

        var checkpoint = _state?.Checkpoint;
        _run = new ImportRun(
            _importId.Value,
            new ImportOrigin(open.Size, checkpoint?.StartedAt ?? importer.Time.GetUtcNow(), Environment.MachineName, Environment.UserName),
            file,
            // The limit is for all rows where these are known.
            pass == ReadingPass.Only && _check is null ? options : options with { MaxRejects = RejectLimit.None },
            _progress,
            new ImportOutputs { Publisher = isPublished ? publisher : null, Checkpoint = checkpoint, Rejects = rejects, Observer = news },
            _domains);
        await RunAsync(_run, pass, cancellationToken);
    }

    private async Task RunAsync(ImportRun run, ReadingPass pass, CancellationToken cancellationToken)
    {
        var isPublished = pass != ReadingPass.Check;
        try
        {
            await run.RunAsync(cancellationToken);
            if (!isPublished)
            {
                _check = new FileCheck(_progress.RowsRead, _progress.RowsRejected);
                CheckRejects(_check, isResumed: _state?.Unfinished is not null);
            }

            if (isPublished || importer.Destination is null)
            {
                // Not until the rejects files are written is the import done.
                _rejects?.Publish(run.HasPublished, isComplete: true, observer.Warned);
            }
        }
        finally
        {
            _state?.IsResumable &= run.IsResumable || !isPublished;
        }
    }

    /// <summary>The import that published the file's content before; null if none is known.</summary>
    private ImportedContent? FindBefore(ImportHistory history, CancellationToken cancellationToken)
    {
        if (!history.MayKnow(_open!))
        {
            return null;
        }

        var before = history.Find(_open!.Bytes, cancellationToken);
        ReadAgain(cancellationToken);
        return before;
    }

    /// <summary>Prepares the rejects files, if that was not done yet; null if none are wanted.</summary>
    private RejectsFiles? PrepareRejects(Func<ReadOnlyMemory<byte>> header)
    {
        if (_rejects is not null || requested.RejectsFolder is not { } folder)
        {
            return _rejects;
        }

        // What came through a pipe cannot be read again, so no other import replaces its rejects.
        var owner = source.Path is null ? $"{Guid.NewGuid()}" : $"{source.Path}|{source.Name}";
        return _rejects = RejectsFiles.Prepare(folder, source.FileName, owner, header);
    }

    /// <summary>Writes what the outcome of the import does not depend on. If that fails, it is only a warning.</summary>
    private void TryToWrite(Action write)
    {
        try
        {
            write();
        }
        catch (UnwritableFileException e)
        {
            observer.Warned(new ImportWarning(FailureReason.InFull(e)));
        }
    }
}
