using System.Text.Json;
using CsvIngest.Datasets;
using CsvIngest.Store;
using Dapper;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace CsvIngest.Sqlite;

/// <summary>The store seam on one SQLite file. One writer at a time, however many callers and processes there are.</summary>
/// <param name="path">The file. Only <see cref="MigrateAsync"/> makes it when it is not there.</param>
/// <param name="time">The clock of the ledger. Defaults to the system's.</param>
public sealed class SqliteStore(string path, ILogger logger, TimeProvider? time = null) : IStore
{
    private const string NextStep = "Run `consumer migrate`, or name another file with --database.";

    private readonly SqliteFile _file = new(path);
    private readonly SemaphoreSlim _turn = new(1);
    private readonly TimeProvider _time = time ?? TimeProvider.System;

    // Used by whoever has the turn; kept open, since its statements are prepared.
    private LedgerWriter? _writer;

    /// <inheritdoc/>
    public string DisplayAddress => _file.DisplayAddress;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> MigrateAsync(
        IReadOnlyCollection<Dataset> datasets, CancellationToken cancellationToken)
    {
        var done = await OnceAsync(
            connection => new Migrations(_file).Apply(connection, datasets), create: true, cancellationToken);
        foreach (var step in done)
        {
            Log.MigrationStep(logger, step);
        }

        return done;
    }

    /// <inheritdoc/>
    public Task CheckAsync(IReadOnlyCollection<Dataset> datasets, CancellationToken cancellationToken) => OnceAsync(
        connection =>
        {
            new Migrations(_file).Check(connection, datasets);
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
            // The token is looked at before the transaction only: once begun it ends within milliseconds.
            return await Task.Run(() => Apply(parts), cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ImportBooks>> ReportAsync(Guid? importId, CancellationToken cancellationToken) =>
        await OnceAsync(connection => Report(connection, importId), create: false, cancellationToken);

    /// <inheritdoc/>
    public Task<ImportDetails> ReportDetailsAsync(Guid importId, CancellationToken cancellationToken) =>
        OnceAsync(connection => ReportDetails(connection, importId), create: false, cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _writer?.Dispose();
        _turn.Dispose();
        return ValueTask.CompletedTask;
    }

    private static List<ImportBooks> Report(SqliteConnection connection, Guid? importId)
    {
        // One snapshot for the sums and the numbers.
        using var snapshot = connection.BeginTransaction(deferred: true);
        var sums = connection.Query<StoredSums>(
            """
            SELECT i.import_id AS ImportId, i.source, i.dataset, i.started_at AS StartedAt,
                i.rows_read AS ClosedRows, i.slices AS ClosedSlices,
                coalesce(sum(s.inserted), 0) AS Inserted,
                coalesce(sum(s.duplicate), 0) AS Duplicate,
                coalesce(sum(s.rejected), 0) AS Rejected,
                count(s.number) AS Slices,
                coalesce(max(s.number), 0) AS HighestNumber,
                coalesce(max(s.rows_before + s.inserted + s.duplicate + s.rejected), 0) AS HighestRow
            FROM imports i LEFT JOIN import_slices s ON s.import_id = i.import_id
            WHERE @import IS NULL OR i.import_id = @import
            GROUP BY i.import_id ORDER BY i.started_at DESC, i.import_id DESC
            """,
            new { import = importId?.ToString() },
            snapshot).AsList();
        return [.. sums.Select(stored => stored.ToLedgerSums().ToBooks(connection.Query<int>(
            "SELECT number FROM import_slices WHERE import_id = @ImportId ORDER BY number", stored, snapshot, buffered: false)))];
    }

    private static ImportDetails ReportDetails(SqliteConnection connection, Guid importId)
    {
        using var snapshot = connection.BeginTransaction(deferred: true);
        var import = new { id = importId.ToString() };
        var rejections = connection.Query<StoredRejection>(
            """
            SELECT line, "column", code, reason, raw FROM rejected_rows WHERE import_id = @id ORDER BY line, rowid
            """,
            import,
            snapshot);
        var duplicates = connection.Query<string>(
            "SELECT duplicate_lines FROM import_slices WHERE import_id = @id AND duplicate_lines IS NOT NULL", import, snapshot);
        return new ImportDetails(
            [.. rejections.Select(stored => new Rejection(stored.Line, stored.Column, stored.Code, stored.Reason, stored.Raw))],
            [.. duplicates.SelectMany(lines => JsonSerializer.Deserialize<long[]>(lines)!).Order()]);
    }

    private PartOutcome[] Apply(IReadOnlyList<ImportPart> parts)
    {
        try
        {
            if (_writer is not null && !_file.Exists)
            {
                // Writing on would put rows into a file that nobody can open any more.
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

    private async Task<T> OnceAsync<T>(Func<SqliteConnection, T> work, bool create, CancellationToken cancellationToken)
    {
        try
        {
            return await Task.Run(
                () =>
                {
                    using var connection = _file.Open(create);
                    return work(connection);
                },
                cancellationToken);
        }
        catch (SqliteException failure)
        {
            throw Failure(failure);
        }
    }

    private Exception Failure(SqliteException failure) => failure.IsTransientFailure()
        ? new StoreUnavailableException($"SQLite file {_file.Path} cannot be used now: {failure.Message}", failure)
        : failure.ToDenied(_file.Path, NextStep);

    // Dapper fills properties and converts as it does; a record's constructor it matches by exact types only.
    private sealed class StoredSums
    {
        public string ImportId { get; init; } = "";

        public string Source { get; init; } = "";

        public string Dataset { get; init; } = "";

        public string StartedAt { get; init; } = "";

        public long Inserted { get; init; }

        public long Duplicate { get; init; }

        public long Rejected { get; init; }

        public int Slices { get; init; }

        public int HighestNumber { get; init; }

        public long HighestRow { get; init; }

        public long? ClosedRows { get; init; }

        public int? ClosedSlices { get; init; }

        public LedgerSums ToLedgerSums() => new(
            Guid.Parse(ImportId), Source, Dataset, TimestampText.Parse(StartedAt), Inserted, Duplicate, Rejected, Slices,
            HighestNumber, HighestRow, ClosedRows, ClosedSlices);
    }

    private sealed class StoredRejection
    {
        public long Line { get; init; }

        public string Column { get; init; } = "";

        public string Code { get; init; } = "";

        public string Reason { get; init; } = "";

        public string Raw { get; init; } = "";
    }
}
