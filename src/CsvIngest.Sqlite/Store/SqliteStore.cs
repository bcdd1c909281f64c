using System.Runtime.CompilerServices;
using System.Text.Json;
using CsvIngest.Datasets;
using CsvIngest.Store;
using CsvIngest.Values;
using Dapper;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace CsvIngest.Sqlite;

/// <summary>The store seam on one SQLite file. SQLite has one writer at a time, however many callers and processes there are.</summary>
/// <param name="path">The file. Only <see cref="MigrateAsync"/> creates it.</param>
/// <param name="logger">Receives no row values.</param>
/// <param name="time">The clock of the ledger. Defaults to the system's.</param>
public sealed class SqliteStore(string path, ILogger logger, TimeProvider? time = null) : IStore
{
    private const string NextStep = "Run `consumer migrate`, or name another file with --database.";

    private static readonly IReadOnlyList<MigrationScript> Migrations = MigrationScript.LoadFrom(typeof(SqliteStore).Assembly);

    private readonly SqliteFile _file = new(path);
    private readonly SemaphoreSlim _turn = new(1);
    private readonly TimeProvider _time = time ?? TimeProvider.System;

    // Belongs to the caller that holds the turn. It stays open between calls to keep its statements prepared.
    private LedgerWriter? _writer;

    /// <summary>Addresses of SQLite files: <c>sqlite:FILE</c>.</summary>
    public static StoreKind Kind { get; } = new(
        SqliteAddress.Forms, (address, loggers) => new SqliteStore(SqliteAddress.FileOf(address), loggers.CreateLogger<SqliteStore>()));

    /// <inheritdoc/>
    public string DisplayAddress => _file.DisplayAddress;

    /// <inheritdoc/>
    public Task<IReadOnlyList<MigrationStep>> MigrateAsync(
        IReadOnlyCollection<Dataset> datasets, CancellationToken cancellationToken) =>
        WithConnectionAsync(
            connection => MigrationsOf(connection).ApplyAsync(datasets, cancellationToken), create: true, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<MigrationStep>> AddColumnsAsync(
        IReadOnlyCollection<Dataset> datasets, CancellationToken cancellationToken) =>
        WithConnectionAsync(
            connection => MigrationsOf(connection).AddColumnsAsync(datasets, cancellationToken), create: false, cancellationToken);

    /// <inheritdoc/>
    public Task CheckAsync(IReadOnlyCollection<Dataset> datasets, CancellationToken cancellationToken) =>
        WithConnectionAsync(
            async connection =>
            {
                var migrations = MigrationsOf(connection);
                await migrations.CheckAsync(
                    datasets,
                    dataset => DatasetTable.CheckAsync(connection, migrations, _file.Path, dataset, cancellationToken),
                    cancellationToken);
                return true;
            },
            create: false,
            cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<PartOutcome>> ApplyAsync(IReadOnlyList<ImportPart> parts, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            // The token is checked only before the transaction, which ends within milliseconds.
            return await Task.Run(() => Apply(parts), cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<ImportBooks>> ReportAsync(ImportFilter filter, CancellationToken cancellationToken) =>
        WithConnectionAsync(connection => Task.FromResult(Report(connection, filter)), create: false, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<Rejection> ReadRejectionsAsync(Guid importId, long afterLine, int? limit, CancellationToken cancellationToken) =>
        ReadAsync<Rejection>(
            """
            SELECT line, "column", code, reason, raw FROM rejected_rows
            WHERE import_id = @import AND line > @after ORDER BY line, rowid LIMIT @most
            """,
            Limited(importId, afterLine, limit),
            cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<long> ReadDuplicateLinesAsync(Guid importId, long afterLine, int? limit, CancellationToken cancellationToken) =>
        ReadAsync<long>(
            """
            SELECT duplicate.value FROM import_slices, json_each(duplicate_lines) AS duplicate
            WHERE import_id = @import AND last_line > @after AND duplicate.value > @after ORDER BY duplicate.value LIMIT @most
            """,
            Limited(importId, afterLine, limit),
            cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<RunningTotal> ReadTotalsAsync(
        TotalFilter filter, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Totals of no rows are those of imports that were undone. Text is compared as bytes, as ordinal comparison of UTF-8 does.
        const string Read =
            """
            SELECT dataset, by_column AS ByColumn, sum_column AS SumColumn, value, rows, sum FROM csvingest_totals
            WHERE (@dataset IS NULL OR dataset = @dataset) AND rows > 0
                AND (@values IS NULL OR value IN (SELECT wanted.value FROM json_each(@values) AS wanted))
            ORDER BY dataset, by_column, sum_column, value
            """;
        var values = filter.Values is null ? null : JsonSerializer.Serialize(filter.Values);
        await foreach (var stored in ReadAsync<StoredTotal>(Read, new { dataset = filter.Dataset, values }, cancellationToken))
        {
            yield return stored.ToTotal();
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _writer?.Dispose();
        _turn.Dispose();
        return ValueTask.CompletedTask;
    }

    private IReadOnlyList<ImportBooks> Report(SqliteConnection connection, ImportFilter filter)
    {
        // Sums and slice numbers come from one snapshot; otherwise a slice might be neither missing nor counted.
        using var snapshot = connection.BeginTransaction(deferred: true);
        var sums = connection.Query<StoredSums>(
            """
            SELECT i.import_id AS ImportId, i.source, i.dataset, i.started_at AS StartedAt,
                max(i.started_at, coalesce(i.opened_at, ''), coalesce(i.closed_at, ''), coalesce(max(s.applied_at), '')) AS ChangedAt,
                i.opened_at AS OpenedAt, i.bytes, i.producer_started_at AS ProducerStartedAt,
                i.producer_host AS ProducerHost, i.producer_user AS ProducerUser, i.content_sha256 AS ContentHash,
                i.rows_read AS ClosedRows, i.slices AS ClosedSlices,
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
                    AND (@source IS NULL OR source LIKE @source ESCAPE '\')
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
            },
            snapshot).AsList();
        var now = _time.GetUtcNow();
        return [.. sums.Select(stored => stored.ToLedgerSums(now).ToBooks(connection.Query<int>(
            "SELECT number FROM import_slices WHERE import_id = @ImportId ORDER BY number", stored, snapshot, buffered: false)))];
    }

    private async IAsyncEnumerable<T> ReadAsync<T>(
        string sql, object parameters, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var connection = await TranslateAsync(() => Task.Run(() => _file.Open(create: false), cancellationToken));
        // Every read is a call into SQLite that does not wait; only the first one may have to sort.
        using var rows = connection.Query<T>(sql, parameters, buffered: false).GetEnumerator();
        var isRow = await TranslateAsync(() => Task.Run(rows.MoveNext, cancellationToken));
        while (isRow)
        {
            yield return rows.Current;
            cancellationToken.ThrowIfCancellationRequested();
            isRow = await TranslateAsync(() => Task.FromResult(rows.MoveNext()));
        }
    }

    // A negative limit is none.
    private static object Limited(Guid importId, long afterLine, int? limit) =>
        new { import = importId.ToString(), after = afterLine, most = limit ?? -1 };

    private PartOutcome[] Apply(IReadOnlyList<ImportPart> parts)
    {
        try
        {
            if (_writer is not null && !_file.Exists)
            {
                // The file was deleted: rows written to it now would be lost with it.
                CloseWriter();
            }

            _writer ??= OpenWriter();
            return _writer.Apply(parts);
        }
        catch (SqliteException failure)
        {
            CloseWriter();
            throw Failure(failure);
        }
    }

    private LedgerWriter OpenWriter()
    {
        var connection = _file.Open(create: false);
        try
        {
            return new LedgerWriter(connection, logger, _time);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private void CloseWriter()
    {
        _writer?.Dispose();
        _writer = null;
    }

    private MigrationRunner MigrationsOf(SqliteConnection connection) => new(connection, new SqliteDialect(_file.Path), Migrations);

    private Task<T> WithConnectionAsync<T>(
        Func<SqliteConnection, Task<T>> work, bool create, CancellationToken cancellationToken) =>
        TranslateAsync(() => Task.Run(
            async () =>
            {
                using var connection = _file.Open(create);
                return await work(connection);
            },
            cancellationToken));

    private async Task<T> TranslateAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (SqliteException failure)
        {
            throw Failure(failure);
        }
    }

    private Exception Failure(SqliteException failure) => failure.IsTransientFailure()
        ? new StoreUnavailableException($"SQLite file {_file.Path} is unavailable: {FailureReason.Of(failure)}", failure)
        : failure.ToDenied(_file.Path, NextStep);

    private sealed record StoredTotal
    {
        public string Dataset { get; init; } = "";

        public string ByColumn { get; init; } = "";

        public string SumColumn { get; init; } = "";

        public string Value { get; init; } = "";

        public long Rows { get; init; }

        public string Sum { get; init; } = "";

        public RunningTotal ToTotal() =>
            new(new TotalKey(Dataset, new TotalDefinition(ByColumn, SumColumn), Value), Rows, ExactDecimal.Parse(Sum));
    }

    // Dapper converts values when it sets properties; it calls a constructor only if all types match exactly.
    private sealed class StoredSums
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

        public LedgerSums ToLedgerSums(DateTimeOffset now) => new(
            Guid.Parse(ImportId), Source, Dataset, TimestampText.Parse(StartedAt), TimestampText.Parse(ChangedAt), now, Origin(),
            Inserted, Duplicate, Rejected, Slices, HighestNumber, HighestRow, ClosedRows, ClosedSlices);

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
