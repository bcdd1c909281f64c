using CsvIngest.Importing.Sources;
using CsvIngest.Messages;

namespace CsvIngest.Importing;

/// <summary>
/// How far an import is: <c>RowsRead = RowsValid + RowsRejected + RowsDuplicate</c>. Written by the import only. Other threads may
/// read it at any time; a figure may be a moment old.
/// </summary>
public sealed class ImportProgress
{
    private long _rowsRead;
    private OpenSource? _source;
    private SliceWindow? _window;

    internal ImportProgress()
    {
    }

    /// <summary>Rows read.</summary>
    public long RowsRead
    {
        get => Volatile.Read(ref _rowsRead);
        private set => Volatile.Write(ref _rowsRead, value);
    }

    /// <summary>Rows to be sent.</summary>
    public long RowsValid { get; private set; }

    /// <summary>Valid rows in slices that the broker has confirmed; in a dry run, in those that would have been sent.</summary>
    public long RowsSent { get; internal set; }

    /// <summary>Rows that were rejected.</summary>
    public long RowsRejected { get; private set; }

    /// <summary>Rows whose key occurs earlier in the file.</summary>
    public long RowsDuplicate { get; private set; }

    /// <summary>Rows to be sent although no name server answered about the domain of an address; 0 unless domains are checked.</summary>
    public long RowsUnchecked { get; internal set; }

    /// <summary>All rows, rejected and duplicate ones included, in slices that the broker has confirmed.</summary>
    public long RowsConfirmed { get; internal set; }

    /// <summary>Messages that this run published and the broker confirmed, the opening and closing messages included; 0 in a dry run.</summary>
    public long Messages { get; internal set; }

    /// <summary>Bytes read of the source, compressed if it is.</summary>
    public long BytesRead => _source?.BytesRead ?? 0;

    /// <summary>The source's size in bytes; null if it has none.</summary>
    public long? Size => _source?.Size;

    /// <summary>What the import waits for. Nothing while no message is to be confirmed, whatever the state of the connection.</summary>
    public BrokerCondition Condition => _window?.Condition ?? BrokerCondition.Flowing;

    /// <summary>Rows that earlier runs of the import have published, which this run reads again; 0 unless it is resumed.</summary>
    public long RowsConfirmedBefore { get; internal set; }

    /// <summary>How many of <see cref="RowsSent"/> are of <see cref="RowsConfirmedBefore"/>. Known once these are read again.</summary>
    public long RowsSentBefore { get; internal set; }

    /// <summary>Whether the rows that follow are read again, because earlier runs have published them.</summary>
    public bool IsReadingAgain => RowsConfirmed < RowsConfirmedBefore;

    /// <summary>Whether the whole file is being checked. Then these are the figures of the check, and nothing is published yet.</summary>
    public bool IsChecking { get; internal set; }

    /// <summary>Slices cut so far.</summary>
    internal int Slices { get; set; }

    internal void Follow(OpenSource source) => _source = source;

    internal void Follow(SliceWindow window) => _window = window;

    /// <summary>Counts from zero again.</summary>
    internal void Restart()
    {
        (RowsRead, RowsValid, RowsRejected, RowsDuplicate) = (0, 0, 0, 0);
        (RowsSent, RowsUnchecked, RowsConfirmed, Messages, Slices) = (0, 0, 0, 0, 0);
        IsChecking = false;
    }

    internal void AddValid()
    {
        RowsValid++;
        RowsRead++;
    }

    internal void AddRejected()
    {
        RowsRejected++;
        RowsRead++;
    }

    internal void AddDuplicate()
    {
        RowsDuplicate++;
        RowsRead++;
    }
}
