using CsvIngest.Datasets;

namespace CsvIngest.Store;

/// <summary>
/// The store seam: the tables of the datasets and the ledger, in one database. Safe for concurrent use.
/// Every implementation passes <c>StoreContract</c>.
/// </summary>
public interface IStore : IAsyncDisposable
{
    /// <summary>The address without its password, to be shown to people.</summary>
    string DisplayAddress { get; }

    /// <summary>
    /// Creates what is missing: the ledger, and a table for each dataset. Several processes may migrate at the same time, and a
    /// database may be migrated any number of times.
    /// </summary>
    /// <returns>The steps this call took, in order; empty when nothing was missing.</returns>
    /// <exception cref="StoreUnavailableException">The database is unavailable.</exception>
    /// <exception cref="DeniedException">The database denied access, or an applied migration has changed since.</exception>
    Task<IReadOnlyList<MigrationStep>> MigrateAsync(IReadOnlyCollection<Dataset> datasets, CancellationToken cancellationToken);

    /// <summary>
    /// Adds the columns that existing tables of datasets lack, as columns that can be NULL: the rows that are there have no value for them. A
    /// table that lacks the key is not changed. Safe for several processes at the same time.
    /// </summary>
    /// <returns>The steps this call took, in order; empty when nothing was missing.</returns>
    /// <exception cref="StoreUnavailableException">The database is unavailable.</exception>
    /// <exception cref="DeniedException">The database denied access.</exception>
    Task<IReadOnlyList<MigrationStep>> AddColumnsAsync(IReadOnlyCollection<Dataset> datasets, CancellationToken cancellationToken);

    /// <summary>Checks that every migration is applied and that every dataset has its table, columns and unique key.</summary>
    /// <exception cref="StoreUnavailableException">The database is unavailable.</exception>
    /// <exception cref="DeniedException">Something is missing: the message names everything that is, and the next step.</exception>
    Task CheckAsync(IReadOnlyCollection<Dataset> datasets, CancellationToken cancellationToken);

    /// <summary>
    /// Applies parts of imports in one transaction: all of their effects or none. On return they are durable.
    /// <see cref="LedgerRules"/> decide which parts are new; the others have no effect. A row that the database rejects becomes a
    /// rejection with the database's reason, and the other rows are inserted. Parts may come in any order, any number of
    /// times, from several callers at once.
    /// </summary>
    /// <returns>The outcome of each part, in the order given.</returns>
    /// <exception cref="StoreUnavailableException">
    /// The transaction failed, or its outcome is unknown, and another attempt may succeed (lost connection, deadlock, failover).
    /// Applying the same parts again loses nothing and counts nothing twice.
    /// </exception>
    /// <exception cref="DeniedException">The database denied access or rejected the whole transaction; nothing was applied.</exception>
    Task<IReadOnlyList<PartOutcome>> ApplyAsync(IReadOnlyList<ImportPart> parts, CancellationToken cancellationToken);

    /// <summary>
    /// Begins to undo an import, unless <see cref="LedgerRules.Judge(ImportBooks)"/> says that it cannot be undone. On return, no transaction
    /// that applies a part of it is under way, and none will apply one: <see cref="ApplyAsync"/> answers <see cref="PartOutcomeKind.Undone"/>.
    /// Beginning again is harmless.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The database is unavailable; undoing may have begun.</exception>
    /// <exception cref="DeniedException">The database denied access.</exception>
    Task<UndoStart> BeginUndoAsync(Guid importId, CancellationToken cancellationToken);

    /// <summary>
    /// Removes the next slices of an import in one transaction: their rows, what these added to the totals, and their ledger entries. The
    /// books say at any time what is left, so that undoing can be continued after a failure, and by several callers at once. The totals
    /// change by the values that the table contains.
    /// </summary>
    /// <param name="importId">An import for which <see cref="BeginUndoAsync"/> has returned <see cref="UndoStart.Begun"/>.</param>
    /// <param name="dataset">Its dataset.</param>
    /// <param name="maxRows">How many rows of the file the slices may have together; at least one slice is removed.</param>
    /// <param name="cancellationToken">Ends the call; the transaction is rolled back, or complete.</param>
    /// <exception cref="StoreUnavailableException">The transaction failed, or its outcome is unknown; another attempt may succeed.</exception>
    /// <exception cref="DeniedException">The database denied access, or rejected the removal of a row.</exception>
    /// <exception cref="InvalidOperationException">Undoing the import has not begun.</exception>
    Task<UndoStep> ContinueUndoAsync(Guid importId, Dataset dataset, int maxRows, CancellationToken cancellationToken);

    /// <summary>Reads the books of imports in one snapshot, those that began last first.</summary>
    /// <param name="filter">Which imports, and how many.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="StoreUnavailableException">The database is unavailable.</exception>
    Task<IReadOnlyList<ImportBooks>> ReportAsync(ImportFilter filter, CancellationToken cancellationToken);

    /// <summary>
    /// Reads the rejected rows of an import, by line. They are read as they are enumerated, in constant memory however many there are. Empty
    /// for an import that is not in the ledger.
    /// </summary>
    /// <param name="importId">The import.</param>
    /// <param name="afterLine">Only rows on later lines than this one: for the next page. 0 for all.</param>
    /// <param name="limit">How many to read at most; null for all.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="StoreUnavailableException">The database is unavailable; thrown by the enumeration.</exception>
    IAsyncEnumerable<Rejection> ReadRejectionsAsync(Guid importId, long afterLine, int? limit, CancellationToken cancellationToken);

    /// <summary>Reads the lines of an import's duplicate rows, ascending, as <see cref="ReadRejectionsAsync"/> reads the rejected rows.</summary>
    IAsyncEnumerable<long> ReadDuplicateLinesAsync(Guid importId, long afterLine, int? limit, CancellationToken cancellationToken);

    /// <summary>Reads totals by dataset, columns and value, as bytes, in one snapshot, as they are enumerated.</summary>
    /// <param name="filter">Which totals.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="StoreUnavailableException">The database is unavailable; thrown by the enumeration.</exception>
    IAsyncEnumerable<RunningTotal> ReadTotalsAsync(TotalFilter filter, CancellationToken cancellationToken);
}

/// <summary>The outcome of one part in <see cref="IStore.ApplyAsync"/>.</summary>
/// <param name="Kind">What happened to the part as a whole.</param>
/// <param name="Inserted">Rows inserted; 0 unless applied.</param>
/// <param name="Duplicate">Duplicate rows, those that the producer detected included; 0 unless applied.</param>
/// <param name="Rejected">Rows rejected by the producer, the consumer or the database; 0 unless applied.</param>
/// <param name="Detail">
/// For <see cref="PartOutcomeKind.Conflict"/> and <see cref="PartOutcomeKind.Undone"/>: why nothing was applied, for people.
/// </param>
public sealed record PartOutcome(PartOutcomeKind Kind, int Inserted = 0, int Duplicate = 0, int Rejected = 0, string Detail = "")
{
    /// <summary>What the inserted rows added to the totals of the dataset; empty if it has none.</summary>
    public IReadOnlyList<RunningTotal> TotalChanges { get; init; } = [];

    /// <summary>The part was in the ledger before.</summary>
    public static PartOutcome AlreadyApplied { get; } = new(PartOutcomeKind.AlreadyApplied);

    /// <summary>The part's import was undone, or is being undone.</summary>
    public static PartOutcome Undone { get; } = new(
        PartOutcomeKind.Undone, Detail: "the import was undone with `consumer undo`; import the file again to store its rows");

    /// <summary>The part contradicts the ledger.</summary>
    public static PartOutcome Conflict(string detail) => new(PartOutcomeKind.Conflict, Detail: detail);
}

/// <summary>Which totals <see cref="IStore.ReadTotalsAsync"/> reads.</summary>
/// <param name="Dataset">Those of one dataset, by its name; null for those of all.</param>
/// <param name="Values">Those of these values, in canonical form; null for those of all.</param>
public sealed record TotalFilter(string? Dataset = null, IReadOnlyCollection<string>? Values = null)
{
    /// <summary>Only those that come after this one in the order of reading: for the next page. Null, the default, for all.</summary>
    public TotalKey? After { get; init; }

    /// <summary>How many to read at most. Defaults to null: all.</summary>
    public int? Limit { get; init; }
}

/// <summary>What happened to a part: see <see cref="PartOutcome"/>.</summary>
public enum PartOutcomeKind
{
    /// <summary>Its effects are in the tables now.</summary>
    Applied,

    /// <summary>Its effects were in the tables before this call.</summary>
    AlreadyApplied,

    /// <summary>It contradicts the ledger; nothing of it was applied.</summary>
    Conflict,

    /// <summary>Its import was undone, or is being undone; nothing of it was applied.</summary>
    Undone,
}
