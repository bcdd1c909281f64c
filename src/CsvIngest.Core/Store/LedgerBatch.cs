namespace CsvIngest.Store;

/// <summary>
/// The parts of one transaction, for a store that several callers write to at once. All callers take their locks in the same
/// order, so that they do not deadlock: imports, slices, openings and closings by ID, then tables by name, in each table the rows by
/// key, and at last the totals.
/// </summary>
/// <remarks>
/// A store enters <see cref="Imports"/>, <see cref="Slices"/>, <see cref="Openings"/> and <see cref="Closings"/> in the ledger, calls
/// <see cref="Classify"/> with the entries that were there before, inserts the <see cref="RowsInLockOrder"/>, keeps the
/// results of the <see cref="NewSlices"/> in the ledger, and adds the <see cref="TotalChanges"/> to the totals.
/// </remarks>
public sealed class LedgerBatch
{
    private readonly IReadOnlyList<ImportPart> _parts;
    private readonly AppliedSlice?[] _applied;
    private readonly PartOutcome?[] _outcomes;

    /// <summary>Sorts the parts into the order of locks. Of a part that occurs twice, the first is the one to be entered.</summary>
    public LedgerBatch(IReadOnlyList<ImportPart> parts)
    {
        _parts = parts;
        _applied = new AppliedSlice?[parts.Count];
        _outcomes = new PartOutcome?[parts.Count];
        Imports = [.. parts.DistinctBy(part => part.ImportId).OrderBy(part => part.ImportId)];
        Slices =
        [
            .. parts.OfType<SlicePart>()
                .DistinctBy(slice => (slice.ImportId, slice.Number))
                .OrderBy(slice => slice.ImportId)
                .ThenBy(slice => slice.Number),
        ];
        Openings = [.. parts.OfType<OpeningPart>().DistinctBy(opening => opening.ImportId).OrderBy(opening => opening.ImportId)];
        Closings = [.. parts.OfType<ClosingPart>().DistinctBy(closing => closing.ImportId).OrderBy(closing => closing.ImportId)];
    }

    /// <summary>One part of each import.</summary>
    public IReadOnlyList<ImportPart> Imports { get; }

    /// <summary>Each slice once.</summary>
    public IReadOnlyList<SlicePart> Slices { get; }

    /// <summary>One opening of each import that has one.</summary>
    public IReadOnlyList<OpeningPart> Openings { get; }

    /// <summary>One closing of each import that has one.</summary>
    public IReadOnlyList<ClosingPart> Closings { get; }

    /// <summary>The slices to apply, in the order of their parts. Empty before <see cref="Classify"/>.</summary>
    public IEnumerable<AppliedSlice> NewSlices => _applied.OfType<AppliedSlice>();

    /// <summary>Decides which parts are new.</summary>
    /// <param name="existing">What the ledger held for the parts before this transaction.</param>
    public void Classify(LedgerEntries existing)
    {
        for (var i = 0; i < _parts.Count; i++)
        {
            _outcomes[i] = existing.JudgeAndAdd(_parts[i]);
            if (_outcomes[i] is not null)
            {
                continue;
            }

            if (_parts[i] is SlicePart slice)
            {
                _applied[i] = new AppliedSlice(slice);
            }
            else
            {
                _outcomes[i] = new PartOutcome(PartOutcomeKind.Applied);
            }
        }
    }

    /// <summary>
    /// The rows of the new slices, table by table, each to be disposed before the next. Of rows with equal keys, that of the earlier part
    /// comes first.
    /// </summary>
    public IEnumerable<TableRows> RowsInLockOrder() => NewSlices
        .Where(slice => slice.Part.Rows.Count > 0)
        .GroupBy(slice => slice.Part.Dataset)
        .OrderBy(group => group.Key.Table, StringComparer.Ordinal)
        .ThenBy(group => group.Key.Name, StringComparer.Ordinal)
        .Select(group => new TableRows(group.Key, [.. group]));

    /// <summary>What the inserted rows add to the totals of their datasets, in the order of locks. Read it once every row has its fate.</summary>
    public IReadOnlyList<RunningTotal> TotalChanges() => Store.TotalChanges.Sum(NewSlices.SelectMany(slice => slice.TotalChanges));

    /// <summary>The outcome of each part, in the order given, once every row has its fate.</summary>
    public IReadOnlyList<PartOutcome> Outcomes() =>
        [.. _outcomes.Select((outcome, i) => outcome ?? _applied[i]!.Outcome)];
}
