using CsvIngest.Importing.Domains;
using CsvIngest.Importing.Rows;
using CsvIngest.Importing.Sources;
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
    private string? _rejectedPath;
    private string? _errorsPath;
    private bool _isResumable;

    /// <summary>Imports the file; throws what ended the import early.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var open = source.Open(new ExpansionLimit(requested.MaxExpansion), cancellationToken);
        _progress.Follow(open);
        var stateFile = importer.Destination is not null && open.IsResumable ? StateFile.Of(source.Path!, requested.StateFolder) : null;
        _isResumable = stateFile is not null;
        if (requested.Restart)
        {
            stateFile?.Delete();
        }

        var unfinished = stateFile?.Read();
        var options = unfinished is null ? requested : requested with { Slices = unfinished.Shape.Options };
        var dataset = importer.FindDataset(options.Slices.Dataset);
        _dataset = dataset.Name;

        var warnings = new DelayedWarnings(observer);
        using var reader = RecordReader.Open(open.Bytes, options.Slices.Reading with { HashPrefix = stateFile is not null }, warnings.Add);
        var file = BoundFile.Bind(source.Name, open, reader, dataset, options.Slices.Map);
        var publisher = importer.Destination is null ? null : await importer.Destination.OpenAsync(cancellationToken);
        if (publisher is not null)
        {
            _progress.Follow(publisher);
        }

        using var domains = options.Slices.CheckDomains
            ? await OpenDomainsAsync(stateFile, isResumed: unfinished is not null, cancellationToken)
            : null;
        if (domains is not null && !dataset.Columns.Any(column => column.Type == ColumnType.Email))
        {
            warnings.Add(new ImportWarning($"Dataset {dataset.Name} has no column of type email, so no domain is checked."));
        }

        var checkpoint = stateFile is null ? null : unfinished is null ? Begin(stateFile, file) : Continue(stateFile, unfinished, file);
        _importId = checkpoint?.ImportId ?? Guid.CreateVersion7();
        observer.Began(new ImportBeginning(
            _importId.Value, dataset, file.Binding, reader.Shape.Names, reader.Shape.Describe(), _progress));
        warnings.Release();

        using var rejects = options.RejectsFolder is { } folder
            ? RejectsFiles.Prepare(folder, source.Name, importer.RejectsFiles, () => reader.HeaderRaw.ToArray())
            : null;
        var run = new ImportRun(
            _importId.Value, file, options, _progress,
            new ImportOutputs { Publisher = publisher, Checkpoint = checkpoint, Rejects = rejects, Observer = observer },
            domains);
        try
        {
            await run.RunAsync(cancellationToken);
        }
        finally
        {
            _isResumable &= run.IsResumable;
            (_rejectedPath, _errorsPath) = (rejects?.RejectedPath, rejects?.ErrorsPath);
        }
    }

    /// <summary>What has become of the file.</summary>
    public ImportResult Describe(ImportOutcome outcome, Exception? failure, TimeSpan elapsed) => new()
    {
        Source = source.Name,
        Dataset = _dataset,
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
        RejectedPath = _rejectedPath,
        ErrorsPath = _errorsPath,
        IsResumable = _isResumable,
    };

    // Before the state is written: an import that can be resumed has a file of its verdicts.
    private async Task<DomainVerdicts> OpenDomainsAsync(StateFile? stateFile, bool isResumed, CancellationToken cancellationToken)
    {
        var lookup = await DomainLookup.OpenAsync(requested.NameServer, cancellationToken);
        return new DomainVerdicts(lookup, stateFile switch
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
            Import = Guid.CreateVersion7(),
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
        var state = unfinished with { Size = file.Source.Size ?? 0, ModifiedAt = file.Source.ModifiedAt, Changed = false };
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
