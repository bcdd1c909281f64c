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
            greatest(i.started_at, i.opened_at, i.closed_at, max(s.applied_at)) AS ChangedAt, now() AS ReadAt,
            i.opened_at IS NOT NULL AS Opened, i.bytes AS Bytes, i.producer_started_at AS ProducerStartedAt,
            i.producer_host AS ProducerHost, i.producer_user AS ProducerUser, i.content_sha256 AS ContentHash,
            coalesce(sum(s.inserted), 0)::bigint AS Inserted,
            coalesce(sum(s.duplicate), 0)::bigint AS Duplicate,
            coalesce(sum(s.rejected), 0)::bigint AS Rejected,
            count(s.number)::integer AS Slices,
            coalesce(max(s.number), 0) AS HighestNumber,
            coalesce(max(s.rows_before + s.inserted + s.duplicate + s.rejected), 0) AS HighestRow,
            i.rows_read AS ClosedRows, i.slices AS ClosedSlices
        FROM imports i LEFT JOIN import_slices s USING (import_id)
        WHERE i.import_id BETWEEN @FirstId AND @LastId
            AND (@Since::timestamptz IS NULL OR coalesce(i.producer_started_at, i.started_at) >= @Since)
            AND (@SourceLike::text IS NULL OR i.source ILIKE @SourceLike ESCAPE '\')
        GROUP BY i.import_id
        ORDER BY coalesce(i.producer_started_at, i.started_at) DESC, i.import_id DESC
        """;

    private const string Numbers = "SELECT number FROM import_slices WHERE import_id = @importId ORDER BY number";

    private const string Rejections =
        """
        SELECT line AS Line, "column" AS Column, code AS Code, reason AS Reason, raw AS Raw
        FROM rejected_rows WHERE import_id = @importId ORDER BY line LIMIT @limit
        """;

    private const string DuplicateLines =
        "SELECT line FROM import_slices, unnest(duplicate_lines) AS line WHERE import_id = @importId ORDER BY line LIMIT @limit";

    /// <summary>Reads the books of imports in one snapshot, those that began last first.</summary>
    public static async Task<IReadOnlyList<ImportBooks>> BooksAsync(
        NpgsqlConnection connection, ImportFilter filter, CancellationToken cancellationToken)
    {
        // Sums and slice numbers come from one snapshot; otherwise a slice might be neither missing nor counted.
        await using var snapshot = await connection.BeginTransactionAsync(
            System.Data.IsolationLevel.RepeatableRead, cancellationToken);
        var books = new List<ImportBooks>();
        var conditions = new { filter.FirstId, filter.LastId, Since = filter.Since?.ToUniversalTime(), filter.SourceLike };
        foreach (var row in await QueryAsync<SumsRow>(connection, Sums, conditions, cancellationToken))
        {
            var sums = row.ToSums();
            var numbers = sums.HasGaps ? await QueryAsync<int>(connection, Numbers, new { importId = row.ImportId }, cancellationToken) : [];
            books.Add(sums.ToBooks(numbers));
        }

        return books;
    }

    /// <summary>Reads the rejected rows of an import, by line.</summary>
    public static IAsyncEnumerable<Rejection> RejectionsAsync(NpgsqlConnection connection, Guid importId, int? limit) =>
        connection.QueryUnbufferedAsync<Rejection>(Rejections, new { importId, limit });

    /// <summary>Reads the lines of an import's duplicate rows, ascending.</summary>
    public static IAsyncEnumerable<long> DuplicateLinesAsync(NpgsqlConnection connection, Guid importId, int? limit) =>
        connection.QueryUnbufferedAsync<long>(DuplicateLines, new { importId, limit });

    private static Task<IEnumerable<T>> QueryAsync<T>(
        NpgsqlConnection connection, string sql, object parameters, CancellationToken cancellationToken) =>
        connection.QueryAsync<T>(new CommandDefinition(sql, parameters, cancellationToken: cancellationToken));

    // The types that the driver returns: timestamptz is a UTC DateTime.
    private sealed record SumsRow(
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
        int? ClosedSlices)
    {
        public LedgerSums ToSums() => new(
            ImportId, Source, Dataset, new DateTimeOffset(StartedAt), new DateTimeOffset(ChangedAt), new DateTimeOffset(ReadAt), Origin(),
            Inserted, Duplicate, Rejected, Slices, HighestNumber, HighestRow, ClosedRows, ClosedSlices);

        private ImportOrigin? Origin() =>
            Opened ? new ImportOrigin(Bytes, ProducerStartedAt, ProducerHost, ProducerUser, ContentHash) : null;
    }
}
