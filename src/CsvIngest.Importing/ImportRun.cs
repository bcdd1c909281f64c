using CsvIngest.Importing.Domains;
using CsvIngest.Importing.Rows;
using CsvIngest.Messages;
using CsvIngest.Store;

namespace CsvIngest.Importing;

/// <summary>
/// One run over one file: cuts its rows into slices and publishes them in order. A resumed import reads the confirmed part again, for
/// its keys, counts and rejects, and publishes what follows.
/// </summary>
internal sealed class ImportRun
{
    /// <summary>
    /// How long to wait, when an import ends early, for the confirms of what is published already. 5 s, a guess: confirms take
    /// milliseconds, and whoever pressed Ctrl-C wants the program to end.
    /// </summary>
    private static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(5);

    private readonly BoundFile _file;
    private readonly ImportOptions _options;
    private readonly ImportProgress _progress;
    private readonly SliceWriter _slice;
    private readonly RowClassifier _classifier;
    private readonly RowsAhead? _ahead;
    private readonly DomainVerdicts? _domains;
    private readonly SliceWindow? _window;
    private readonly HeldSlices? _held;
    private readonly Checkpoint? _checkpoint;
    private readonly IImportObserver _observer;
    private readonly int _resumeAfter;
    private long _rowsBefore;

    /// <param name="importId">The import's ID.</param>
    /// <param name="origin">Where the import comes from.</param>
    /// <param name="file">The file.</param>
    /// <param name="options">How to import it; for a resumed import with its own <see cref="ImportOptions.Slices"/>.</param>
    /// <param name="progress">Counts the rows.</param>
    /// <param name="outputs">Where everything goes.</param>
    /// <param name="domains">The verdicts about the domains of email addresses; null if they are not checked.</param>
    public ImportRun(
        Guid importId,
        ImportOrigin origin,
        BoundFile file,
        ImportOptions options,
        ImportProgress progress,
        ImportOutputs outputs,
        DomainVerdicts? domains)
    {
        (_file, _options, _progress, _domains) = (file, options, progress, domains);
        _slice = new SliceWriter(importId, file.Dataset.Name, file.Name, file.ExtraNames);
        _classifier = new RowClassifier(file, _slice, progress)
        {
            Seen = options.Slices.Dedupe && file.Dataset.Key is not null ? new SeenKeys() : null,
            Rejects = outputs.Rejects,
            Observer = outputs.Observer.WantsRows ? outputs.Observer : null,
        };
        if (domains is not null)
        {
            _ahead = new RowsAhead(
                _classifier, file.Dataset, domains, progress, options.Slices.RowsPerMessage, options.Slices.BytesPerMessage, outputs.Observer.Warned);
        }

        _checkpoint = outputs.Checkpoint;
        _observer = outputs.Observer;
        _resumeAfter = _checkpoint?.ConfirmedSlices ?? 0;
        _progress.RowsConfirmedBefore = _checkpoint?.ConfirmedRows ?? 0;
        if (outputs.Publisher is { } publisher)
        {
            _window = new SliceWindow(publisher, _resumeAfter == 0 ? _slice.Open(origin) : null, Confirmed);
            _progress.Follow(_window);
            _held = new HeldSlices(_window);
        }
    }

    /// <summary>
    /// Whether the import can be resumed, once <see cref="RunAsync"/> has ended. False if the file has changed while messages were not
    /// confirmed: nobody can tell whether they hold what the file contains now.
    /// </summary>
    public bool IsResumable => _checkpoint is not null && (!_file.Source.HasChanged || _checkpoint.IsFileChanged);

    /// <summary>Whether anything of the import was published, by this run or an earlier one.</summary>
    public bool HasPublished => _resumeAfter > 0 || _window?.HasPublished == true;

    /// <summary>The file's content, once all is published; null if it is not known.</summary>
    public ContentDigest? Content { get; private set; }

    /// <summary>Reads and publishes everything. On return every message is confirmed.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await ReadAsync(cancellationToken);
            await FinishAsync(cancellationToken);
        }
        catch (Exception failure)
        {
            var isFileChanged = await StopAsync();
            if (isFileChanged && failure is UnusableFileException)
            {
                // Whatever is wrong with a file that is still being written may be right in the end.
                throw FileChanged(failure);
            }

            throw;
        }
    }

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        await (_ahead is null ? ReadRowsAsync(cancellationToken) : ReadAheadAsync(_ahead, cancellationToken));
        if (_classifier.Warning is { } warning)
        {
            _observer.Warned(warning);
        }

        await CheckUnchangedAsync(cancellationToken);
        WarnIfAllAreRejected();
        CheckRejects(atEnd: true);
        if (_slice.RowCount > 0)
        {
            await CutAsync(EndHere(), cancellationToken);
        }

        if (_progress.Slices < _resumeAfter)
        {
            _checkpoint!.CheckPrefix(MarkHere());
        }
    }

    private async Task ReadRowsAsync(CancellationToken cancellationToken)
    {
        var reader = _file.Reader;
        var (rowsPerMessage, bytesPerMessage) = (_options.Slices.RowsPerMessage, _options.Slices.BytesPerMessage);
        while (reader.Read())
        {
            _classifier.Classify();
            if (_slice.RowCount >= rowsPerMessage || _slice.ByteCount >= bytesPerMessage)
            {
                cancellationToken.ThrowIfCancellationRequested();
                await CutAsync(EndHere(), cancellationToken);
            }
        }
    }

    private async Task ReadAheadAsync(RowsAhead ahead, CancellationToken cancellationToken)
    {
        while (_file.Reader.Read())
        {
            ahead.Add(EndHere);
            while (ahead.IsSettleable)
            {
                await SettleAsync(ahead, cancellationToken);
            }
        }

        while (!ahead.IsEmpty)
        {
            await SettleAsync(ahead, cancellationToken);
        }
    }

    private async Task SettleAsync(RowsAhead ahead, CancellationToken cancellationToken)
    {
        if (await ahead.SettleAsync(cancellationToken) is { } end)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await CutAsync(end, cancellationToken);
        }
    }

    private async Task FinishAsync(CancellationToken cancellationToken)
    {
        if (_window is not null)
        {
            await _held!.PublishAllButLastAsync(cancellationToken);
            await CheckUnchangedAsync(cancellationToken);
            await _held.PublishAsync(cancellationToken);
            await CheckUnchangedAsync(cancellationToken);
            Content = _file.Reader.ContentHash() is { } hash
                ? new ContentDigest(_file.Reader.ContentBytes, Convert.ToHexStringLower(hash))
                : null;
            // The closing has no hash: an import that gets here has nothing to resume.
            await _window.CloseAsync(_slice.Close(_progress.RowsRead, _progress.Slices, Content?.Hash), MarkHere(), cancellationToken);
            await _window.FlushAsync(cancellationToken);
        }
    }

    /// <summary>
    /// Ends an import early: waits for the confirms of what is published already, so that as little as possible is published again, and
    /// saves how far everything is confirmed.
    /// </summary>
    /// <returns>Whether the file was found changed.</returns>
    private async Task<bool> StopAsync()
    {
        using var grace = new CancellationTokenSource(StopGrace);
        var isFileChanged = false;
        try
        {
            await FlushAsync(grace.Token);
            isFileChanged = DetectFileChange();
        }
        catch (Exception e) when (e is OperationCanceledException or BrokerUnavailableException or DeniedException or IOException)
        {
            // The first failure is the one to report. What is not confirmed is published again when the import is resumed.
        }

        try
        {
            _checkpoint?.Save();
        }
        catch (IOException e)
        {
            _observer.StateNotSaved(e);
        }

        return isFileChanged;
    }

    private async Task CutAsync(SliceEnd end, CancellationToken cancellationToken)
    {
        _progress.Slices++;
        var mark = MarkAt(end);
        var message = _slice.Finish(_progress.Slices, _rowsBefore);
        _rowsBefore = _progress.RowsRead;
        if (mark.Slices <= _resumeAfter)
        {
            ResumeAt(mark);
            return;
        }

        CheckRejects(atEnd: false);
        _domains?.Save();
        if (_held is null)
        {
            _progress.RowsSent = mark.RowsValid;
            return;
        }

        _held.Add(message, mark);
        if (_file.Reader.IsAtEnd || _file.Source.IsReadToEnd)
        {
            await CheckUnchangedAsync(cancellationToken);
        }
        else if (_options.MaxRejects == RejectLimit.None || _progress.RowsRead >= RejectLimit.FirstRows)
        {
            await _held.PublishAsync(cancellationToken);
        }
    }

    /// <summary>A slice of the part that is confirmed already was read again.</summary>
    private void ResumeAt(SliceMark mark)
    {
        if (mark.Slices == _resumeAfter)
        {
            _checkpoint!.CheckPrefix(mark);
            CountConfirmed(mark);
            _progress.RowsSentBefore = mark.RowsValid;
            _observer.Resumed(mark.Slices, mark.RowsRead);
        }
    }

    private void Confirmed(SliceMark mark)
    {
        _progress.Messages++;
        CountConfirmed(mark);
        if (mark.Hash is not null)
        {
            _checkpoint!.Advance(mark);
        }
    }

    private void CountConfirmed(SliceMark mark)
    {
        _progress.RowsConfirmed = mark.RowsRead;
        _progress.RowsSent = mark.RowsValid;
    }

    private SliceMark MarkAt(SliceEnd end) =>
        new(_progress.Slices, _progress.RowsRead, _progress.RowsValid, end.Position, end.Hash);

    /// <summary>Nothing is to be resumed from here.</summary>
    private SliceMark MarkHere() => MarkAt(new SliceEnd(_file.Reader.Position, Hash: null));

    private SliceEnd EndHere() => new(_file.Reader.Position, _checkpoint is null ? null : _file.Reader.PrefixHash());

    /// <summary>
    /// A file without a single valid row is probably read in the wrong way, whatever number of rejected rows is acceptable.
    /// </summary>
    private void WarnIfAllAreRejected()
    {
        if (_progress.RowsRead == 0 || _progress.RowsRejected < _progress.RowsRead)
        {
            return;
        }

        var (rows, how) = _progress.RowsRead == 1 ? ("The only row is", "as") : ($"All {Quantity.Of(_progress.RowsRead, "row")} are", "most often as");
        _observer.Warned(new ImportWarning(
            $"{rows} rejected, {how} {_classifier.CommonestRejectCode}. The file was read as {_file.Reader.Shape.Describe()}.",
            new Remedy(ImportOption.Delimiter), new Remedy(ImportOption.Quote), new Remedy(ImportOption.Encoding), new Remedy(ImportOption.Map)));
    }

    private void CheckRejects(bool atEnd)
    {
        if (_options.MaxRejects.IsExceeded(_progress.RowsRejected, _progress.RowsRead, atEnd))
        {
            throw _options.MaxRejects.Exceeded(
                _progress.RowsRejected, _progress.RowsRead, "nothing more is published. The first reasons are in the errors file.");
        }
    }

    private async Task CheckUnchangedAsync(CancellationToken cancellationToken)
    {
        // First, so that the hash of what is confirmed covers all that was published.
        await FlushAsync(cancellationToken);
        if (DetectFileChange())
        {
            throw FileChanged();
        }
    }

    private Task FlushAsync(CancellationToken cancellationToken) => _window?.FlushAsync(cancellationToken) ?? Task.CompletedTask;

    /// <summary>Whether the file has changed. Called when everything that was published is confirmed.</summary>
    private bool DetectFileChange()
    {
        if (!_file.Source.HasChanged)
        {
            return false;
        }

        _checkpoint?.MarkFileChanged();
        return true;
    }

    private static FileChangedException FileChanged(Exception? inner = null) => new(
        "The file changed while it was read; it is probably still being written.", inner);
}
