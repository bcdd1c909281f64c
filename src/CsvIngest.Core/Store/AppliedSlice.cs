using CsvIngest.Values;

namespace CsvIngest.Store;

/// <summary>A new slice while its transaction runs: which of its rows were inserted, are duplicates, or were rejected.</summary>
/// <param name="part">The slice.</param>
public sealed class AppliedSlice(SlicePart part)
{
    private readonly List<Row> _inserted = new(part.Rows.Count);
    private readonly List<long> _duplicateLines = [.. part.DuplicateLines];
    private readonly List<Rejection> _rejections = [.. part.Rejections];

    /// <summary>The slice.</summary>
    public SlicePart Part => part;

    /// <summary>The rows that are in the table because of this slice, in the order in which they were inserted.</summary>
    public IReadOnlyList<Row> Inserted => _inserted;

    /// <summary>Lines of duplicate rows: those that the producer detected, then those that the database detected.</summary>
    public IReadOnlyList<long> DuplicateLines => _duplicateLines;

    /// <summary>The rejections of the producer and the consumer, then those of the database.</summary>
    public IReadOnlyList<Rejection> Rejections => _rejections;

    /// <summary>How many rows the database rejected.</summary>
    public int RejectedByDatabase => _rejections.Count - part.Rejections.Count;

    /// <summary>What the inserted rows add to the totals of the dataset; read once every row has its fate.</summary>
    public IReadOnlyList<RunningTotal> TotalChanges => field ??= Store.TotalChanges.Of(part.Dataset, _inserted);

    /// <summary>The outcome, once every row has its fate.</summary>
    public PartOutcome Outcome =>
        new(PartOutcomeKind.Applied, _inserted.Count, _duplicateLines.Count, _rejections.Count) { TotalChanges = TotalChanges };

    /// <summary>Records that a row was inserted.</summary>
    public void AddInserted(Row row) => _inserted.Add(row);

    /// <summary>Records that a row's key was in the table already.</summary>
    public void AddDuplicate(Row row) => _duplicateLines.Add(row.Line);

    /// <summary>
    /// Records that the database rejected a row. The record is no longer there: its canonical values, with the extra columns'
    /// JSON last, take its place.
    /// </summary>
    /// <param name="row">The row.</param>
    /// <param name="reason">The database's reason, without row values.</param>
    public void AddRejected(Row row, string reason)
    {
        var values = row.ExtraText() is { } extra ? row.Texts().Append(extra) : row.Texts();
        _rejections.Add(new Rejection(row.Line, "", RejectCodes.DatabaseRejected, reason, RawText.FromValues(values)));
    }
}
