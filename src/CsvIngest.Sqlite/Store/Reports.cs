using CsvIngest.Store;
using Dapper;
using Microsoft.Data.Sqlite;

namespace CsvIngest.Sqlite;

/// <summary>Reads the books of imports.</summary>
internal static class Reports
{
    /// <summary>Reads the books of imports in the transaction of the caller, those that began last first.</summary>
    /// <param name="connection">The connection that runs the transaction.</param>
    /// <param name="filter">Which imports, and how many.</param>
    /// <param name="now">The time of the ledger.</param>
    public static IReadOnlyList<ImportBooks> Read(SqliteConnection connection, ImportFilter filter, DateTimeOffset now)
    {
        var sums = connection.Query<StoredSums>(
            """
            SELECT i.import_id AS ImportId, i.source, i.dataset, i.started_at AS StartedAt,
                max(i.started_at, coalesce(i.opened_at, ''), coalesce(i.closed_at, ''), coalesce(max(s.applied_at), '')) AS ChangedAt,
                i.opened_at AS OpenedAt, i.bytes, i.producer_started_at AS ProducerStartedAt,
                i.producer_host AS ProducerHost, i.producer_user AS ProducerUser, i.content_sha256 AS ContentHash,
                i.rows_read AS ClosedRows, i.slices AS ClosedSlices,
                i.undo_started_at AS UndoStartedAt, i.undone_at AS UndoneAt, coalesce(i.rows_removed, 0) AS RowsRemoved,
                coalesce(sum(s.inserted), 0) AS Inserted,
                coalesce(sum(s.duplicate), 0) AS Duplicate,
                coalesce(sum(s.rejected), 0) AS Rejected,
                count(s.number) AS Slices,
                coalesce(max(s.number), 0) AS HighestNumber,
                coalesce(max(s.rows_before + s.inserted + s.duplicate + s.rejected), 0) AS HighestRow
            FROM imports i LEFT JOIN import_slices s ON s.import_id = i.import_id
            WHERE i.import_id IN (
                SELECT import_id FROM imports
                WHERE import_id BETWEEN @first AND @last
                    AND (@since IS NULL OR coalesce(producer_started_at, started_at) >= @since)
                    AND (@source IS NULL OR source LIKE @source ESCAPE '~')
                    AND (@afterTime IS NULL OR (coalesce(producer_started_at, started_at), import_id) < (@afterTime, @afterId))
                ORDER BY coalesce(producer_started_at, started_at) DESC, import_id DESC LIMIT @most)
            GROUP BY i.import_id ORDER BY coalesce(i.producer_started_at, i.started_at) DESC, i.import_id DESC
            """,
            new
            {
                first = filter.FirstId.ToString(),
                last = filter.LastId.ToString(),
                since = filter.Since is { } since ? TimestampText.ToText(since) : null,
                source = filter.SourceLike,
                afterTime = filter.After is { } after ? TimestampText.ToText(after.BeganAt) : null,
                afterId = filter.After?.ImportId.ToString(),
                // A negative limit is none.
                most = filter.Limit ?? -1,
            }).AsList();
        return [.. sums.Select(stored => stored.ToLedgerSums(now).ToBooks(connection.Query<int>(
            "SELECT number FROM import_slices WHERE import_id = @import ORDER BY number", new { import = stored.ImportId }, buffered: false)))];
    }

    internal sealed class StoredSums
    {
        public string ImportId { get; init; } = "";

        public string Source { get; init; } = "";

        public string Dataset { get; init; } = "";

        public string StartedAt { get; init; } = "";

        public string ChangedAt { get; init; } = "";

        public string? OpenedAt { get; init; }

        public long? Bytes { get; init; }

        public string? ProducerStartedAt { get; init; }

        public string? ProducerHost { get; init; }

        public string? ProducerUser { get; init; }

        public string? ContentHash { get; init; }

        public long Inserted { get; init; }

        public long Duplicate { get; init; }

        public long Rejected { get; init; }

        public int Slices { get; init; }

        public int HighestNumber { get; init; }

        public long HighestRow { get; init; }

        public long? ClosedRows { get; init; }

        public int? ClosedSlices { get; init; }

        public string? UndoStartedAt { get; init; }

        public string? UndoneAt { get; init; }

        public long RowsRemoved { get; init; }

        public LedgerSums ToLedgerSums(DateTimeOffset now) => new(
            Guid.Parse(ImportId), Source, Dataset, TimestampText.Parse(StartedAt), TimestampText.Parse(ChangedAt), now, Origin(),
            Inserted, Duplicate, Rejected, Slices, HighestNumber, HighestRow, ClosedRows, ClosedSlices)
        {
            Undo = UndoStartedAt is null
                ? null
                : new ImportUndo(TimestampText.Parse(UndoStartedAt), UndoneAt is null ? null : TimestampText.Parse(UndoneAt), RowsRemoved),
        };

        private ImportOrigin? Origin() => OpenedAt is null
            ? null
            : new ImportOrigin(
                Bytes,
                ProducerStartedAt is null ? null : TimestampText.Parse(ProducerStartedAt),
                ProducerHost,
                ProducerUser,
                ContentHash);
    }
}
