namespace CsvIngest.Store;

/// <summary>The ledger's entry of a slice: what identifies its contents.</summary>
/// <param name="FirstLine">The lowest line of any of its rows.</param>
/// <param name="LastLine">The highest line of any of its rows.</param>
/// <param name="RowCount">Its rows, whatever their fates.</param>
public readonly record struct SliceEntry(long FirstLine, long LastLine, long RowCount)
{
    /// <summary>The entry that a slice makes when it is new.</summary>
    public static SliceEntry Of(SlicePart slice) => new(slice.FirstLine, slice.LastLine, slice.RowCount);

    /// <inheritdoc/>
    public override string ToString() => $"lines {FirstLine}-{LastLine} and row count {RowCount}";
}

/// <summary>The ledger's entry of a closing.</summary>
/// <param name="RowsRead">All rows of the file.</param>
/// <param name="Slices">How many slices there are.</param>
public readonly record struct ClosingEntry(long RowsRead, long Slices)
{
    /// <summary>The entry that a closing makes when it is new.</summary>
    public static ClosingEntry Of(ClosingPart closing) => new(closing.RowsRead, closing.Slices);

    /// <inheritdoc/>
    public override string ToString() => $"row count {RowsRead} and slice count {Slices}";
}

/// <summary>
/// Decides whether a part is new to the ledger, already applied, or in conflict with it. A slice number means the same rows for
/// ever, so a slice that comes again with another first line, last line or row count is a conflict: skipping it might lose
/// rows, and applying it might count rows twice. How the rows divide into fates may differ, since that depends on the database.
/// An opening is never in conflict: it only tells where the import comes from, and the first one stays. Once undoing an import has begun,
/// each of its parts is <see cref="PartOutcomeKind.Undone"/>, whatever is left of it in the ledger.
/// </summary>
public static class LedgerRules
{
    /// <summary>Decides whether an import can be undone: only if it is complete, so that no part of it is outstanding.</summary>
    /// <param name="books">Its books; null if the ledger has no such import.</param>
    public static UndoStart Judge(ImportBooks? books) => books switch
    {
        null => UndoStart.NotFound,
        { Undo.CompletedAt: not null } => UndoStart.AlreadyUndone,
        { Undo: not null } or { Complete: true } => UndoStart.Begun,
        _ => UndoStart.Incomplete,
    };

    /// <summary>Compares a slice with the ledger.</summary>
    /// <param name="slice">The slice.</param>
    /// <param name="entry">The ledger's entry for its import and number; null where there is none.</param>
    /// <returns>The outcome; null for a new slice, which the caller must apply.</returns>
    public static PartOutcome? Judge(SlicePart slice, SliceEntry? entry)
    {
        if (entry is not { } existing)
        {
            return null;
        }

        var received = SliceEntry.Of(slice);
        return received == existing
            ? PartOutcome.AlreadyApplied
            : PartOutcome.Conflict($"slice {slice.Number} is in the ledger with {existing}; this one has {received}");
    }

    /// <summary>Compares a closing with the ledger.</summary>
    /// <param name="closing">The closing.</param>
    /// <param name="entry">The ledger's entry for its import; null while that is not closed.</param>
    /// <returns>The outcome; null for a new closing, which the caller must apply.</returns>
    public static PartOutcome? Judge(ClosingPart closing, ClosingEntry? entry)
    {
        if (entry is not { } existing)
        {
            return null;
        }

        var received = ClosingEntry.Of(closing);
        return received == existing
            ? PartOutcome.AlreadyApplied
            : PartOutcome.Conflict($"the closing is in the ledger with {existing}; this one has {received}");
    }
}
