namespace CsvIngest.Producer.Importing;

/// <summary>
/// The producer's books: <c>Read = Valid + Rejected + Duplicate</c>, and at the end every valid row is sent. Written by the
/// import's loop only, read by the progress display: a figure may be a moment old.
/// </summary>
internal sealed class Counts
{
    private long _rowsRead;

    public long RowsRead
    {
        get => Volatile.Read(ref _rowsRead);
        private set => Volatile.Write(ref _rowsRead, value);
    }

    /// <summary>Rows to be sent.</summary>
    public long RowsValid { get; private set; }

    /// <summary>Valid rows in slices that the broker has confirmed; in a dry run, in those that would have been sent.</summary>
    public long RowsSent { get; set; }

    public long RowsRejected { get; private set; }

    public long RowsDuplicate { get; private set; }

    /// <summary>Slices made so far.</summary>
    public int Slices { get; set; }

    /// <summary>Messages that were published and confirmed by this run, the closing included; 0 in a dry run.</summary>
    public long Messages { get; set; }

    /// <summary>All rows, rejected and duplicate ones too, in slices that the broker has confirmed.</summary>
    public long RowsConfirmed { get; set; }

    public void AddValid()
    {
        RowsValid++;
        RowsRead++;
    }

    public void AddRejected()
    {
        RowsRejected++;
        RowsRead++;
    }

    public void AddDuplicate()
    {
        RowsDuplicate++;
        RowsRead++;
    }
}
