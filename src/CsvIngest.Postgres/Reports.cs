using CsvIngest.Store;
using Dapper;
using Npgsql;

namespace CsvIngest.Postgres;

/// <summary>Reads the books of imports, and which of their rows were not inserted.</summary>
internal static class Reports
{
    private const string Sums =
        """
        SELECT i.import_id AS ImportId, i.source AS Source, i.dataset AS Dataset, i.started_at AS StartedAt,
            greatest(i.started_at, i.opened_at, i.closed_at, s.applied_at) AS ChangedAt, now() AS ReadAt,
            i.opened_at IS NOT NULL AS Opened, i.bytes AS Bytes, i.producer_started_at AS ProducerStartedAt,
            i.producer_host AS ProducerHost, i.producer_user AS ProducerUser, i.content_sha256 AS ContentHash,
            s.inserted AS Inserted, s.duplicate AS Duplicate, s.rejected AS Rejected, s.slices AS Slices,
            s.highest_number AS HighestNumber, s.highest_row AS HighestRow,
            i.rows_read AS ClosedRows, i.slices AS ClosedSlices,
            i.undo_started_at AS UndoStartedAt, i.undone_at AS UndoneAt, coalesce(i.rows_removed, 0) AS RowsRemoved
        FROM (
            SELECT * FROM imports
            WHERE import_id BETWEEN @FirstId AND @LastId
                AND (@Since::timestamptz IS NULL OR coalesce(producer_started_at, started_at) >= @Since)
                AND (@SourceLike::text IS NULL OR source ILIKE @SourceLike ESCAPE '~')
                AND (@AfterTime::timestamptz IS NULL OR (coalesce(producer_started_at, started_at), import_id) < (@AfterTime, @AfterId::uuid))
            ORDER BY coalesce(producer_started_at, started_at) DESC, import_id DESC
            LIMIT @Limit
        ) i
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(inserted), 0)::bigint AS inserted, coalesce(sum(duplicate), 0)::bigint AS duplicate,
                coalesce(sum(rejected), 0)::bigint AS rejected, count(*)::integer AS slices, coalesce(max(number), 0) AS highest_number,
                coalesce(max(rows_before + inserted + duplicate + rejected), 0) AS highest_row, max(applied_at) AS applied_at
            FROM import_slices WHERE import_id = i.import_id
        ) s
        ORDER BY coalesce(i.producer_started_at, i.started_at) DESC, i.import_id DESC
        """;

    private const string Numbers = "SELECT number FROM import_slices WHERE import_id = @importId ORDER BY number";

    private const string Rejections =
        """
        SELECT line AS Line, "column" AS Column, code AS Code, reason AS Reason, raw AS Raw
        FROM rejected_rows WHERE import_id = @importId AND line > @afterLine ORDER BY line LIMIT @limit
        """;

    private const string DuplicateLines =
        """
        SELECT line FROM import_slices, unnest(duplicate_lines) AS line
        WHERE import_id = @importId AND last_line > @afterLine AND line > @afterLine ORDER BY line LIMIT @limit
        """;

    /// <summary>Reads the books of imports in one snapshot, those that began last first.</summary>
    public static async Task<IReadOnlyList<ImportBooks>> BooksAsync(
        NpgsqlConnection connection, ImportFilter filter, CancellationToken cancellationToken)
    {
        // Sums and slice numbers come from one snapshot; otherwise a slice might be neither missing nor counted.
        await using var snapshot = await connection.BeginTransactionAsync(
            System.Data.IsolationLevel.RepeatableRead, cancellationToken);
        return await ReadAsync(connection, filter, cancellationToken);
    }

    /// <summary>Reads books in the transaction of the caller, who sees to it that the imports do not change meanwhile.</summary>
    public static async Task<IReadOnlyList<ImportBooks>> ReadAsync(
        NpgsqlConnection connection, ImportFilter filter, CancellationToken cancellationToken)
    {
        var books = new List<ImportBooks>();
        var conditions = new
        {
            filter.FirstId,
            filter.LastId,
            Since = filter.Since?.ToUniversalTime(),
            filter.SourceLike,
            AfterTime = filter.After?.BeganAt.ToUniversalTime(),
            AfterId = filter.After?.ImportId,
            filter.Limit,
        };
        foreach (var row in await connection.QueryUnbufferedAsync<SumsRow>(Sums, conditions).ToListAsync(cancellationToken))
        {
            var sums = row.ToSums();
            var numbers = sums.HasGaps ? connection.QueryUnbufferedAsync<int>(Numbers, new { importId = row.ImportId }) : AsyncEnumerable.Empty<int>();
            books.Add(sums.ToBooks(await numbers.ToListAsync(cancellationToken)));
        }

        return books;
    }

    /// <summary>Reads the rejected rows of an import, by line.</summary>
    public static IAsyncEnumerable<Rejection> RejectionsAsync(NpgsqlConnection connection, Guid importId, long afterLine, int? limit) =>
        connection.QueryUnbufferedAsync<Rejection>(Rejections, new { importId, afterLine, limit });

    /// <summary>Reads the lines of an import's duplicate rows, ascending.</summary>
    public static IAsyncEnumerable<long> DuplicateLinesAsync(NpgsqlConnection connection, Guid importId, long afterLine, int? limit) =>
        connection.QueryUnbufferedAsync<long>(DuplicateLines, new { importId, afterLine, limit });

    // The types that the driver returns: timestamptz is a UTC DateTime.
    internal sealed record SumsRow(
        Guid ImportId,
        string Source,
        string Dataset,
        DateTime StartedAt,
        DateTime ChangedAt,
        DateTime ReadAt,
        bool Opened,
        long? Bytes,
        DateTime? ProducerStartedAt,
        string? ProducerHost,
        string? ProducerUser,
        string? ContentHash,
        long Inserted,
        long Duplicate,
        long Rejected,
        int Slices,
        int HighestNumber,
        long HighestRow,
        long? ClosedRows,
        int? ClosedSlices,
        DateTime? UndoStartedAt,
        DateTime? UndoneAt,
        long RowsRemoved)
    {
        public LedgerSums ToSums() => new(
            ImportId, Source, Dataset, new DateTimeOffset(StartedAt), new DateTimeOffset(ChangedAt), new DateTimeOffset(ReadAt), Origin(),
            Inserted, Duplicate, Rejected, Slices, HighestNumber, HighestRow, ClosedRows, ClosedSlices)
        {
            Undo = UndoStartedAt is { } startedAt
                ? new ImportUndo(new DateTimeOffset(startedAt), UndoneAt is { } undoneAt ? new DateTimeOffset(undoneAt) : null, RowsRemoved)
                : null,
        };

        private ImportOrigin? Origin() =>
            Opened ? new ImportOrigin(Bytes, ProducerStartedAt, ProducerHost, ProducerUser, ContentHash) : null;
    }
}
