namespace CsvIngest.Store;

/// <summary>The sums over the ledger of one import, as a database calculates them: all that its books need beside the missing slices.</summary>
/// <param name="ImportId">The import.</param>
/// <param name="Source">The file's name.</param>
/// <param name="Dataset">The dataset's name.</param>
/// <param name="StartedAt">When its first part reached the database, UTC.</param>
/// <param name="ChangedAt">When its last part was stored, UTC.</param>
/// <param name="ReadAt">When these sums were read, UTC, by the same clock.</param>
/// <param name="Origin">Where it comes from; null while its opening has not arrived.</param>
/// <param name="Inserted">Rows inserted, over all slices.</param>
/// <param name="Duplicate">Duplicate rows, over all slices.</param>
/// <param name="Rejected">Rejected rows, over all slices.</param>
/// <param name="Slices">Slices in the ledger.</param>
/// <param name="HighestNumber">The highest slice number in the ledger; 0 without slices.</param>
/// <param name="HighestRow">The rows up to the end of the last slice, by the producer's count; 0 without slices.</param>
/// <param name="ClosedRows">The closing's row count; null while the import is not closed.</param>
/// <param name="ClosedSlices">The closing's slice count; null while the import is not closed.</param>
public sealed record LedgerSums(
    Guid ImportId,
    string Source,
    string Dataset,
    DateTimeOffset StartedAt,
    DateTimeOffset ChangedAt,
    DateTimeOffset ReadAt,
    ImportOrigin? Origin,
    long Inserted,
    long Duplicate,
    long Rejected,
    int Slices,
    int HighestNumber,
    long HighestRow,
    long? ClosedRows,
    int? ClosedSlices)
{
    /// <summary>See <see cref="ImportBooks.Undo"/>.</summary>
    public ImportUndo? Undo { get; init; }

    /// <summary>The highest slice number that must exist.</summary>
    public int LastKnownNumber => Math.Max(HighestNumber, ClosedSlices ?? 0);

    /// <summary>
    /// Whether a slice that must exist is not in the ledger. Only then are the slice numbers worth reading: there may be millions.
    /// </summary>
    public bool HasGaps => Undo is null && Slices < LastKnownNumber;

    /// <summary>
    /// Makes the books. An import that is not closed has at least the rows of its slices and those that precede its slices; one whose
    /// undoing has begun has only what is left in the ledger.
    /// </summary>
    /// <param name="appliedNumbers">
    /// The slice numbers in the ledger, ascending. Enumerated only if <see cref="HasGaps"/>, so it may be lazy, or empty if not.
    /// </param>
    public ImportBooks ToBooks(IEnumerable<int> appliedNumbers) => new(
        ImportId,
        Source,
        Dataset,
        StartedAt,
        ChangedAt,
        ReadAt,
        Origin,
        Undo is null ? ClosedRows ?? Math.Max(HighestRow, Settled) : Settled,
        Inserted,
        Duplicate,
        Rejected,
        Slices,
        Undo is null ? ClosedSlices : Slices,
        HasGaps ? MissingRanges(appliedNumbers, LastKnownNumber) : [])
    {
        Undo = Undo,
    };

    /// <summary>The numbers from 1 to <paramref name="last"/> that are missing, as ranges, both ends included.</summary>
    /// <param name="present">Ascending, each at least 1.</param>
    public static IReadOnlyList<(int First, int Last)> MissingRanges(IEnumerable<int> present, int last)
    {
        var missing = new List<(int First, int Last)>();
        var expected = 1;
        foreach (var number in present)
        {
            if (number > expected)
            {
                missing.Add((expected, number - 1));
            }

            expected = number + 1;
        }

        if (expected <= last)
        {
            missing.Add((expected, last));
        }

        return missing;
    }

    private long Settled => Inserted + Duplicate + Rejected;
}
