namespace CsvIngest.Importing;

/// <summary>How far an import is confirmed, saved from time to time so that it can be resumed from there.</summary>
internal sealed class Checkpoint
{
    /// <summary>
    /// How often the state is saved while all is well. 500 ms, a guess: what an import that is killed may have to publish again.
    /// </summary>
    private static readonly TimeSpan SaveInterval = TimeSpan.FromMilliseconds(500);

    private readonly StateFile _file;
    private readonly TimeProvider _time;
    private ImportState _state;
    private long _saved;
    private bool _isUnsaved;

    /// <param name="file">Where the state is kept.</param>
    /// <param name="state">How far the import is.</param>
    /// <param name="time">The clock.</param>
    public Checkpoint(StateFile file, ImportState state, TimeProvider time)
    {
        (_file, _state, _time) = (file, state, time);
        _saved = time.GetTimestamp();
    }

    /// <summary>When the import was begun.</summary>
    public DateTimeOffset StartedAt => _state.StartedAt;

    /// <summary>Slices up to this number are confirmed.</summary>
    public int ConfirmedSlices => _state.ConfirmedSlices;

    /// <summary>Rows read up to there.</summary>
    public long ConfirmedRows => _state.ConfirmedRows;

    /// <summary>Whether the file was found changed when everything that was published was confirmed.</summary>
    public bool IsFileChanged => _state.Changed;

    /// <summary>Checks that the file still begins with what is confirmed.</summary>
    /// <param name="mark">The end of the last confirmed slice, as the file has it now.</param>
    /// <exception cref="UnusableFileException">It does not.</exception>
    public void CheckPrefix(SliceMark mark)
    {
        if (mark.Slices != _state.ConfirmedSlices
            || mark.Position != _state.ConfirmedPosition
            || Convert.ToHexStringLower(mark.Hash!) != _state.ConfirmedHash)
        {
            throw new UnusableFileException(
                $"This is not the file of the unfinished import {_state.Import}: the part up to row {_state.ConfirmedRows}, "
                + "which is already published, has changed. Put the original file back.",
                null,
                new Remedy(ImportOption.Restart));
        }
    }

    /// <summary>Everything up to here is confirmed.</summary>
    public void Advance(SliceMark mark)
    {
        _state = _state with
        {
            ConfirmedSlices = mark.Slices,
            ConfirmedRows = mark.RowsRead,
            ConfirmedPosition = mark.Position,
            ConfirmedHash = Convert.ToHexStringLower(mark.Hash!),
        };
        _isUnsaved = true;
        if (_time.GetElapsedTime(_saved) >= SaveInterval)
        {
            Save();
        }
    }

    /// <summary>The file has changed, and everything that was published is confirmed: its size and time may differ when it is resumed.</summary>
    public void MarkFileChanged()
    {
        _state = _state with { Changed = true };
        _isUnsaved = true;
    }

    /// <summary>Saves what is not saved yet.</summary>
    /// <exception cref="IOException">The state file cannot be written.</exception>
    public void Save()
    {
        if (_isUnsaved)
        {
            _file.Write(_state);
            _saved = _time.GetTimestamp();
            _isUnsaved = false;
        }
    }

    /// <summary>The import has ended for good; that stays in the state file.</summary>
    /// <exception cref="IOException">The state file cannot be written.</exception>
    public void End(ImportEnd end)
    {
        _state = _state with { Ended = end };
        _isUnsaved = true;
        Save();
        if (end == ImportEnd.Done)
        {
            _file.DeleteVerdicts();
        }
    }
}
