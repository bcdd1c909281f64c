namespace CsvIngest.Producer.Importing;

/// <summary>
/// The producer's books: <c>Read = Sent + Rejected + Duplicate</c>. Written by the import's loop only, read by the progress
/// display: a figure may be a moment old.
/// </summary>
internal sealed class Counts
{
    private long _rowsRead;

    public long RowsRead
    {
        get => Volatile.Read(ref _rowsRead);
        private set => Volatile.Write(ref _rowsRead, value);
    }

    /// <summary>Valid rows; in a dry run, those that would have been sent.</summary>
    public long RowsSent { get; private set; }

    public long RowsRejected { get; private set; }

    public long RowsDuplicate { get; private set; }

    /// <summary>Slices made so far.</summary>
    public int Slices { get; set; }

    /// <summary>Messages that were published and confirmed by this run, the closing included; 0 in a dry run.</summary>
    public long Messages { get; set; }

    /// <summary>Rows in slices that the broker has confirmed.</summary>
    public long RowsConfirmed { get; set; }

    public void AddSent()
    {
        RowsSent++;
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
