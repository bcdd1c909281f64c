namespace CsvIngest.Store;

/// <summary>
/// The books of one import. They balance at every moment:
/// <c>RowsRead = Inserted + Duplicate + Rejected + Outstanding</c>. Those of an import that is being undone are about the slices that
/// are left; once it is undone, nothing is left.
/// </summary>
/// <param name="ImportId">The import.</param>
/// <param name="Source">The file's name.</param>
/// <param name="Dataset">The dataset's name.</param>
/// <param name="StartedAt">When its first part reached the database, UTC.</param>
/// <param name="ChangedAt">When its last part was stored, UTC.</param>
/// <param name="ReadAt">When the books were read, UTC, by the clock that all times but the origin's are from.</param>
/// <param name="Origin">Where it comes from; null while its opening has not arrived, or if its producer sent none.</param>
/// <param name="RowsRead">
/// All rows of the file once it is closed; until then, as many as the slices in the ledger prove to exist.
/// </param>
/// <param name="Inserted">Rows that are in the table because of this import.</param>
/// <param name="Duplicate">Rows whose key was in the table already, or occurs earlier in the file.</param>
/// <param name="Rejected">Rows rejected by the producer, the consumer or the database.</param>
/// <param name="SlicesApplied">Slices in the ledger.</param>
/// <param name="SlicesExpected">The number of slices, from the closing; null while the import is not closed.</param>
/// <param name="MissingSlices">Slice numbers that must exist and are not in the ledger, as ranges, both ends included.</param>
public sealed record ImportBooks(
    Guid ImportId,
    string Source,
    string Dataset,
    DateTimeOffset StartedAt,
    DateTimeOffset ChangedAt,
    DateTimeOffset ReadAt,
    ImportOrigin? Origin,
    long RowsRead,
    long Inserted,
    long Duplicate,
    long Rejected,
    int SlicesApplied,
    int? SlicesExpected,
    IReadOnlyList<(int First, int Last)> MissingSlices)
{
    /// <summary>When it was undone, and how many rows that removed; null unless undoing it has begun.</summary>
    public ImportUndo? Undo { get; init; }

    /// <summary>When the producer began, by its own clock; where that is not known, when the first part reached the database.</summary>
    public DateTimeOffset BeganAt => Origin?.StartedAt ?? StartedAt;

    /// <summary>
    /// How long it has taken from the producer's beginning to the last part stored. The clocks of two machines may differ, so it is at
    /// least the time between the first part and the last.
    /// </summary>
    public TimeSpan Duration => ChangedAt - (BeganAt < StartedAt ? BeganAt : StartedAt);

    /// <summary>Rows that have their fate.</summary>
    public long Settled => Inserted + Duplicate + Rejected;

    /// <summary>Rows read that have no fate yet.</summary>
    public long Outstanding => RowsRead - Settled;

    /// <summary>Whether the closing has arrived: the producer has read the whole file.</summary>
    public bool Closed => SlicesExpected is not null;

    /// <summary>Whether every row of the file has its fate, or was removed again.</summary>
    public bool Complete => SlicesApplied == SlicesExpected && Outstanding == 0 && Undo is not { CompletedAt: null };
}
