using CsvIngest.Datasets;

namespace CsvIngest.Store;

/// <summary>
/// The store seam: the tables of the datasets and the ledger, in one database. Safe for concurrent use.
/// Every implementation passes <c>StoreContract</c>.
/// </summary>
public interface IStore : IAsyncDisposable
{
    /// <summary>The address as it may be shown to people: without password.</summary>
    string DisplayAddress { get; }

    /// <summary>
    /// Creates what is missing: the ledger, and a table for each dataset. Safe to run at the same time from several
    /// processes, and again at any time.
    /// </summary>
    /// <returns>What was done, a line each, for people; empty when nothing was missing.</returns>
    /// <exception cref="StoreUnavailableException">The database cannot be reached now.</exception>
    /// <exception cref="DeniedException">It refuses us, or an applied migration has changed since.</exception>
    Task<IReadOnlyList<string>> MigrateAsync(IReadOnlyCollection<Dataset> datasets, CancellationToken cancellationToken);

    /// <summary>Checks that every migration is applied and that every dataset has its table, columns and unique key.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached now.</exception>
    /// <exception cref="DeniedException">Something is missing: the message names it and says <c>consumer migrate</c>.</exception>
    Task CheckAsync(IReadOnlyCollection<Dataset> datasets, CancellationToken cancellationToken);

    /// <summary>
    /// Applies parts of imports in one transaction: all of their effects or none. On return they are durable.
    /// A slice that is in the ledger already is passed over whole. A row that the database refuses becomes a rejection with
    /// the database's reason; the others go in. Parts may come in any order, any number of times, from several callers at once.
    /// </summary>
    /// <returns>What became of each part, in the order given.</returns>
    /// <exception cref="StoreUnavailableException">
    /// The transaction failed, or its outcome is unknown, in a way that trying again may survive (connection, deadlock,
    /// failover). Nothing is lost by applying the same parts again.
    /// </exception>
    Task<IReadOnlyList<PartOutcome>> ApplyAsync(IReadOnlyList<ImportPart> parts, CancellationToken cancellationToken);

    /// <summary>The books of one import, or of all, latest first.</summary>
    /// <param name="importId">The import, or null for all.</param>
    Task<IReadOnlyList<ImportBooks>> ReportAsync(Guid? importId, CancellationToken cancellationToken);

    /// <summary>The fates of single rows of an import, beyond the inserted ones, by line.</summary>
    Task<ImportDetails> ReportDetailsAsync(Guid importId, CancellationToken cancellationToken);
}

/// <summary>What became of one part in <see cref="IStore.ApplyAsync"/>.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Inserted">Rows inserted; 0 unless applied.</param>
/// <param name="Duplicates">Rows that were duplicates, those found by the producer included; 0 unless applied.</param>
/// <param name="Rejected">Rows rejected, by whomever; 0 unless applied.</param>
/// <param name="Detail">For <see cref="PartOutcomeKind.Conflict"/>: found and expected.</param>
public sealed record PartOutcome(PartOutcomeKind Kind, int Inserted = 0, int Duplicates = 0, int Rejected = 0, string Detail = "")
{
    /// <summary>The part was in the ledger before.</summary>
    public static PartOutcome AlreadyApplied { get; } = new(PartOutcomeKind.AlreadyApplied);

    /// <summary>The part contradicts the ledger: the same number with other lines, or another closing.</summary>
    public static PartOutcome Conflict(string detail) => new(PartOutcomeKind.Conflict, Detail: detail);
}

/// <summary>See <see cref="PartOutcome"/>.</summary>
public enum PartOutcomeKind
{
    /// <summary>Its effects are in the tables now.</summary>
    Applied,

    /// <summary>Its effects were in the tables before.</summary>
    AlreadyApplied,

    /// <summary>It contradicts what is in the ledger; nothing of it was applied.</summary>
    Conflict,
}
