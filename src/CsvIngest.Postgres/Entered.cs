using CsvIngest.Store;

namespace CsvIngest.Postgres;

/// <summary>What one call entered in the ledger, and what stands there now for each of its parts.</summary>
internal sealed class Entered
{
    /// <summary>Slices that this call entered.</summary>
    public HashSet<(Guid ImportId, int Number)> NewSlices { get; } = [];

    /// <summary>Imports that this call closed.</summary>
    public HashSet<Guid> NewClosings { get; } = [];

    /// <summary>The lines of every slice of the call, as the ledger has them.</summary>
    public Dictionary<(Guid ImportId, int Number), (long First, long Last)> Lines { get; } = [];

    /// <summary>The closing of every import that the call closes, as the ledger has it.</summary>
    public Dictionary<Guid, (long RowsRead, int Slices)> Closings { get; } = [];

    /// <summary>The outcome of a slice that this call did not enter.</summary>
    public PartOutcome OutcomeOf(SlicePart slice)
    {
        var (first, last) = Lines[(slice.ImportId, slice.Number)];
        return (first, last) == (slice.FirstLine, slice.LastLine)
            ? PartOutcome.AlreadyApplied
            : PartOutcome.Conflict(
                $"slice {slice.Number} has lines {slice.FirstLine}-{slice.LastLine}; in the ledger it has lines {first}-{last}");
    }

    /// <summary>The outcome of a closing that this call did not enter.</summary>
    public PartOutcome OutcomeOf(ClosingPart closing)
    {
        var (rowsRead, slices) = Closings[closing.ImportId];
        return (rowsRead, slices) == (closing.RowsRead, closing.Slices)
            ? PartOutcome.AlreadyApplied
            : PartOutcome.Conflict(
                $"the closing has {closing.RowsRead} rows in {closing.Slices} slices; "
                + $"in the ledger it has {rowsRead} rows in {slices} slices");
    }
}
