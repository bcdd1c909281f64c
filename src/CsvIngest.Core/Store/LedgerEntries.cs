namespace CsvIngest.Store;

/// <summary>The ledger's entries for the parts of one transaction.</summary>
public sealed class LedgerEntries
{
    private readonly Dictionary<(Guid ImportId, int Number), SliceEntry> _slices = [];
    private readonly Dictionary<Guid, ClosingEntry> _closings = [];
    private readonly HashSet<Guid> _openings = [];
    private readonly HashSet<Guid> _undone = [];

    /// <summary>Adds the entry of a slice that was in the ledger before the transaction.</summary>
    public void Add(Guid importId, int number, SliceEntry entry) => _slices.Add((importId, number), entry);

    /// <summary>Adds the entry of a closing that was in the ledger before the transaction.</summary>
    public void Add(Guid importId, ClosingEntry entry) => _closings.Add(importId, entry);

    /// <summary>Notes that an import's opening was in the ledger before the transaction.</summary>
    public void AddOpening(Guid importId) => _openings.Add(importId);

    /// <summary>Notes that undoing an import has begun.</summary>
    public void AddUndone(Guid importId) => _undone.Add(importId);

    /// <summary>Whether undoing an import has begun.</summary>
    public bool IsUndone(Guid importId) => _undone.Contains(importId);

    /// <summary>
    /// Applies <see cref="LedgerRules"/> to a part. A new one counts as entered from then on: the same part further on in the
    /// transaction is already applied.
    /// </summary>
    /// <returns>The outcome; null for a new part.</returns>
    internal PartOutcome? JudgeAndAdd(ImportPart part)
    {
        if (IsUndone(part.ImportId))
        {
            return PartOutcome.Undone;
        }

        switch (part)
        {
            case SlicePart slice:
                var number = (slice.ImportId, slice.Number);
                return _slices.TryAdd(number, SliceEntry.Of(slice)) ? null : LedgerRules.Judge(slice, _slices[number]);
            case ClosingPart closing:
                return _closings.TryAdd(closing.ImportId, ClosingEntry.Of(closing))
                    ? null
                    : LedgerRules.Judge(closing, _closings[closing.ImportId]);
            case OpeningPart opening:
                return _openings.Add(opening.ImportId) ? null : PartOutcome.AlreadyApplied;
            default:
                throw new ArgumentException($"{part.GetType().Name} is not a part that the ledger knows.", nameof(part));
        }
    }
}
