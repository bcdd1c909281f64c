namespace CsvIngest.Store;

/// <summary>What remains of an import that was undone, or is being undone.</summary>
/// <param name="StartedAt">When undoing it began, UTC: nothing of it has been applied since.</param>
/// <param name="CompletedAt">When the last of its rows and entries were removed, UTC; null while some are left.</param>
/// <param name="RowsRemoved">Rows removed from the table of its dataset so far.</param>
public sealed record ImportUndo(DateTimeOffset StartedAt, DateTimeOffset? CompletedAt, long RowsRemoved);

/// <summary>Whether an import can be undone: see <see cref="IStore.BeginUndoAsync"/>.</summary>
public enum UndoStart
{
    /// <summary>Nothing of the import is applied any more, and its rows can be removed.</summary>
    Begun,

    /// <summary>It was undone before.</summary>
    AlreadyUndone,

    /// <summary>It is not complete: more of its parts may come. Nothing has changed.</summary>
    Incomplete,

    /// <summary>The ledger has no such import.</summary>
    NotFound,
}

/// <summary>What one call of <see cref="IStore.ContinueUndoAsync"/> has done.</summary>
/// <param name="RowsRemoved">Rows removed from the table.</param>
/// <param name="IsComplete">Whether nothing is left to remove.</param>
public sealed record UndoStep(long RowsRemoved, bool IsComplete);

/// <summary>Consecutive slices of an import that one transaction removes, by their numbers and their lines.</summary>
/// <param name="LastNumber">The highest number; 0 if the import has no slices.</param>
/// <param name="FirstLine">The first line whose row is removed.</param>
/// <param name="LastLine">The last line whose row is removed.</param>
/// <param name="IsLast">Whether no slice is left after them.</param>
public readonly record struct UndoneSlices(int LastNumber, long FirstLine, long LastLine, bool IsLast)
{
    /// <summary>Slices as the ledger has them. With the last ones goes every row that is left, whatever its line.</summary>
    public static UndoneSlices Of(int lastNumber, long firstLine, long lastLine, bool isLast) => isLast
        ? new UndoneSlices(lastNumber, long.MinValue, long.MaxValue, isLast)
        : new UndoneSlices(lastNumber, firstLine, lastLine, isLast);
}
