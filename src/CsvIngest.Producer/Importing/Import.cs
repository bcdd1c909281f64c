using CsvIngest.Messages;
using CsvIngest.Importing.Reading;
using CsvIngest.Importing.Sources;
using Microsoft.Extensions.Logging;

namespace CsvIngest.Producer.Importing;

/// <summary>
/// One run over one file: cuts its rows into slices and sends them in order. A resumed import reads the part that is confirmed
/// again, for its keys, counts and rejects, and sends what follows.
/// </summary>
internal sealed class Import
{
    /// <summary>
    /// A slice ends early when its message has reached this size, in bytes. 1 MiB, a guess: large enough to make messages few,
    /// small enough for a broker's memory.
    /// </summary>
    private const int MaxSliceBytes = 1024 * 1024;

    /// <summary>
    /// How often the state is saved while all is well; a guess: what an import that was killed may have to send again.
    /// </summary>
    private static readonly TimeSpan SaveInterval = TimeSpan.FromMilliseconds(500);

    private readonly RecordReader _reader;
    private readonly OpenSource _source;
    private readonly RowClassifier _classifier;
    private readonly SliceWriter _slice;
    private readonly ProducerOptions _options;
    private readonly SliceWindow? _window;
    private readonly StateFile? _stateFile;
    private readonly ILogger _logger;
    private readonly Queue<(byte[] Message, SliceMark Mark)> _held = new();
    private ImportState? _state;
    private DateTimeOffset _saved = DateTimeOffset.UtcNow;
    private bool _unsaved;
    private long _rowsBefore;

    /// <param name="reader">The file's records.</param>
    /// <param name="source">The file.</param>
    /// <param name="classifier">Gives each record its fate.</param>
    /// <param name="slice">Where <paramref name="classifier"/> puts it.</param>
    /// <param name="counts">The books.</param>
    /// <param name="options">The producer's.</param>
    /// <param name="publisher">Null in a dry run.</param>
    /// <param name="stateFile">Null where the import cannot be resumed.</param>
    /// <param name="state">How far it is; null where it cannot be resumed.</param>
    /// <param name="logger">For what happens on the way.</param>
    public Import(
        RecordReader reader, OpenSource source, RowClassifier classifier, SliceWriter slice, Counts counts, ProducerOptions options,
        IPublisher? publisher, StateFile? stateFile, ImportState? state, ILogger logger)
    {
        _reader = reader;
        _source = source;
        _classifier = classifier;
        _slice = slice;
        Counts = counts;
        _options = options;
        _window = publisher is null ? null : new SliceWindow(publisher, Confirmed);
        _stateFile = stateFile;
        _state = state;
        _logger = logger;
    }

    public Counts Counts { get; }

    /// <summary>
    /// Whether the import can go on, once <see cref="StopAsync"/> has ended it: not where its file has changed and not all that was
    /// sent is known to be confirmed, for then nothing tells whether what was sent is still what the file says.
    /// </summary>
    public bool IsResumable => _state is not null && (!_source.HasChanged || _state.Changed);

    /// <summary>Reads and sends everything. On return every message is confirmed.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (_reader.Read())
        {
            _classifier.Classify();
            if (_slice.RowCount >= _options.RowsPerMessage || _slice.ByteCount >= MaxSliceBytes)
            {
                cancellationToken.ThrowIfCancellationRequested();
                await CutAsync(cancellationToken);
            }
        }

        await CheckUnchangedAsync(cancellationToken);
        CheckRejects(atEnd: true);
        if (_slice.RowCount > 0)
        {
            await CutAsync(cancellationToken);
        }

        CheckResumed();
        if (_window is not null)
        {
            await SendHeldAsync(keep: 1, cancellationToken);
            await CheckUnchangedAsync(cancellationToken);
            await SendHeldAsync(keep: 0, cancellationToken);
            await CheckUnchangedAsync(cancellationToken);
            await _window.SendAsync(_slice.Close(Counts.RowsRead, Counts.Slices), MarkHere(hash: null), cancellationToken);
            await _window.FlushAsync(cancellationToken);
        }

        _stateFile?.Delete();
    }

    /// <summary>
    /// Ends an import early: waits for the confirms of what is sent already, so that as little as possible is sent again, and
    /// saves how far everything is confirmed.
    /// </summary>
    /// <param name="failure">What ended it.</param>
    /// <param name="grace">Ends the waiting.</param>
    /// <returns>What to say ended it: what is wrong with a file that is still being written is not the file's fault.</returns>
    public async Task<Exception> StopAsync(Exception failure, CancellationToken grace)
    {
        try
        {
            await CheckUnchangedAsync(grace);
        }
        catch (FileChangedException changed) when (failure is UnusableFileException)
        {
            failure = changed;
        }
        catch (Exception e) when (e is FileChangedException or OperationCanceledException or BrokerUnavailableException or DeniedException or IOException)
        {
            // The first failure is the one to tell; what is not confirmed is sent again when the import is resumed.
        }

        try
        {
            SaveState();
        }
        catch (IOException e)
        {
            _logger.StateNotSaved(e.Message);
        }

        return failure;
    }

    private Task FlushAsync(CancellationToken cancellationToken) => _window?.FlushAsync(cancellationToken) ?? Task.CompletedTask;

    private void SaveState()
    {
        if (_unsaved)
        {
            _stateFile!.Write(_state!);
            _saved = DateTimeOffset.UtcNow;
            _unsaved = false;
        }
    }

    private async Task CutAsync(CancellationToken cancellationToken)
    {
        Counts.Slices++;
        var mark = MarkHere(_state is null ? null : _reader.PrefixHash());
        var message = _slice.Finish(Counts.Slices, _rowsBefore);
        _rowsBefore = Counts.RowsRead;
        if (_window is null)
        {
            CheckRejects(atEnd: false);
            Counts.RowsSent = mark.RowsValid;
            return;
        }

        if (_state is { } state && mark.Slices <= state.ConfirmedSlices)
        {
            if (mark.Slices == state.ConfirmedSlices)
            {
                CheckSameFile(state);
                CountConfirmed(mark);
            }

            return;
        }

        CheckRejects(atEnd: false);
        _held.Enqueue((message, mark));
        if (_reader.IsAtEnd || _source.IsReadToEnd)
        {
            // If the file is still being written, it was cut anywhere: what came with its last bytes is sent when all is read and
            // nothing has changed, and the last slice, which half a record may end, after everything else.
            await CheckUnchangedAsync(cancellationToken);
        }
        else if (_options.MaxRejects == RejectLimit.None || Counts.RowsRead >= RejectLimit.FirstRows)
        {
            await SendHeldAsync(keep: 0, cancellationToken);
        }
    }

    private async Task SendHeldAsync(int keep, CancellationToken cancellationToken)
    {
        while (_held.Count > keep)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (message, mark) = _held.Dequeue();
            await _window!.SendAsync(message, mark, cancellationToken);
        }
    }

    private void Confirmed(SliceMark mark)
    {
        Counts.Messages++;
        CountConfirmed(mark);
        // The closing has no hash: an import that gets there has nothing to resume.
        if (mark.Hash is null || _state is null)
        {
            return;
        }

        _state = _state with
        {
            ConfirmedSlices = mark.Slices,
            ConfirmedRows = mark.RowsRead,
            ConfirmedPosition = mark.Position,
            ConfirmedHash = Convert.ToHexStringLower(mark.Hash),
        };
        _unsaved = true;
        if (DateTimeOffset.UtcNow - _saved >= SaveInterval)
        {
            SaveState();
        }
    }

    private SliceMark MarkHere(byte[]? hash) => new(Counts.Slices, Counts.RowsRead, Counts.RowsValid, _reader.Position, hash);

    private void CountConfirmed(SliceMark mark)
    {
        Counts.RowsConfirmed = mark.RowsRead;
        Counts.RowsSent = mark.RowsValid;
    }

    private void CheckRejects(bool atEnd)
    {
        if (_options.MaxRejects.IsExceeded(Counts.RowsRejected, Counts.RowsRead, atEnd))
        {
            throw new UnusableFileException(
                $"{Counts.RowsRejected} of {Counts.RowsRead} rows are rejected, more than --max-rejects allows; "
                + "nothing more is sent. The first reasons are in the errors file.");
        }
    }

    private async Task CheckUnchangedAsync(CancellationToken cancellationToken)
    {
        // First, so that the hash of what is confirmed covers all that was sent.
        await FlushAsync(cancellationToken);
        if (!_source.HasChanged)
        {
            return;
        }

        if (_state is not null)
        {
            _state = _state with { Changed = true };
            _unsaved = true;
        }

        throw new FileChangedException(
            "The file changed while it was read; it seems to be still being written. Run the same command again when it is whole "
            + "(--settle 10s waits for that).");
    }

    private void CheckSameFile(ImportState state)
    {
        if (_reader.Position != state.ConfirmedPosition || Convert.ToHexStringLower(_reader.PrefixHash()) != state.ConfirmedHash)
        {
            throw AnotherFile(state);
        }

        _logger.Resuming(state.ConfirmedSlices, state.ConfirmedRows);
    }

    private void CheckResumed()
    {
        if (_state is { } state && Counts.Slices < state.ConfirmedSlices)
        {
            throw AnotherFile(state);
        }
    }

    private static UnusableFileException AnotherFile(ImportState state) => new(
        $"This is not the file whose import {state.Import} is unfinished: its first {state.ConfirmedRows} rows, already sent, "
        + $"read otherwise now. Put the file back as it was, or say --restart to import this one as a new file.");
}

/// <summary>The file is still being written. Exit code 75.</summary>
internal sealed class FileChangedException(string message) : Exception(message);
