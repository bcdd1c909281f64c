namespace CsvIngest.Store;

/// <summary>
/// The books of one import. They balance at every moment:
/// <c>RowsRead = Inserted + Duplicate + Rejected + Outstanding</c>.
/// </summary>
/// <param name="ImportId">The import.</param>
/// <param name="Source">The file's name.</param>
/// <param name="Dataset">The dataset's name.</param>
/// <param name="StartedAt">When the database first heard of it, UTC.</param>
/// <param name="RowsRead">
/// All rows of the file once it is closed; before, as many as the slices that arrived prove to exist.
/// </param>
/// <param name="Inserted">Rows that are in the table because of this import.</param>
/// <param name="Duplicate">Rows whose key was there already, in the table or earlier in the file.</param>
/// <param name="Rejected">Rows refused, by the producer or by the database.</param>
/// <param name="SlicesApplied">Slices in the ledger.</param>
/// <param name="SlicesExpected">Slices that exist, from the closing; null while the import is not closed.</param>
/// <param name="MissingSlices">Numbers known to exist that have not arrived, as ranges, both ends included.</param>
public sealed record ImportBooks(
    Guid ImportId,
    string Source,
    string Dataset,
    DateTimeOffset StartedAt,
    long RowsRead,
    long Inserted,
    long Duplicate,
    long Rejected,
    int SlicesApplied,
    int? SlicesExpected,
    IReadOnlyList<(int First, int Last)> MissingSlices)
{
    /// <summary>Rows read whose fate is still open.</summary>
    public long Outstanding => RowsRead - Inserted - Duplicate - Rejected;

    /// <summary>Whether the producer said that it has read everything.</summary>
    public bool Closed => SlicesExpected is not null;

    /// <summary>Whether every row of the file has its fate.</summary>
    public bool Complete => SlicesApplied == SlicesExpected && Outstanding == 0;
}

/// <summary>Single rows of an import that were not inserted.</summary>
/// <param name="Rejections">By line.</param>
/// <param name="DuplicateLines">By line.</param>
public sealed record ImportDetails(IReadOnlyList<Rejection> Rejections, IReadOnlyList<long> DuplicateLines);
