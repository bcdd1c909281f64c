using System.Runtime.CompilerServices;
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

    /// <summary>The LIMIT of a statement whose rows are all wanted.</summary>
    private const int NoLimit = -1;

    private static readonly IReadOnlyList<MigrationScript> Migrations = MigrationScript.LoadFrom(typeof(SqliteStore).Assembly);

    private readonly SqliteFile _file = new(path);
    private readonly SemaphoreSlim _turn = new(1);
    private readonly TimeProvider _time = time ?? TimeProvider.System;

    // Belongs to the caller that holds the turn. It stays open between calls to keep its statements prepared.
    private LedgerWriter? _writer;

    /// <summary>Addresses of SQLite files: <c>sqlite:FILE</c>.</summary>
    public static StoreKind Kind { get; } = new(
        SqliteAddress.Forms, (address, loggers) => new SqliteStore(SqliteAddress.FileOf(address.Text), loggers.CreateLogger<SqliteStore>()));

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
    public Task<UndoStart> BeginUndoAsync(Guid importId, CancellationToken cancellationToken) =>
        UndoAsync(importId, undo => undo.Begin(), cancellationToken);

    /// <inheritdoc/>
    public Task<UndoStep> ContinueUndoAsync(Guid importId, Dataset dataset, int maxRows, CancellationToken cancellationToken) =>
        UndoAsync(importId, undo => undo.Continue(dataset, maxRows), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<ImportBooks>> ReportAsync(ImportFilter filter, CancellationToken cancellationToken) =>
        WithConnectionAsync(
            // Sums and slice numbers come from one snapshot; otherwise a slice might be neither missing nor counted.
            connection => Task.FromResult(connection.ReadSnapshot(() => Reports.Read(connection, filter, _time.GetUtcNow()))),
            create: false,
            cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<Rejection> ReadRejectionsAsync(Guid importId, long afterLine, int? limit, CancellationToken cancellationToken) =>
        ReadAsync(
            connection => connection.Query<Rejection>(
                """
                SELECT line, "column", code, reason, raw FROM rejected_rows
                WHERE import_id = @import AND line > @afterLine ORDER BY line, rowid LIMIT @most
                """,
                new { import = importId.ToString(), afterLine, most = limit ?? NoLimit },
                buffered: false),
            cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<long> ReadDuplicateLinesAsync(Guid importId, long afterLine, int? limit, CancellationToken cancellationToken) =>
        ReadAsync(
            connection => connection.Query<long>(
                """
                SELECT duplicate.value FROM import_slices, json_each(duplicate_lines) AS duplicate
                WHERE import_id = @import AND last_line > @afterLine AND duplicate.value > @afterLine ORDER BY duplicate.value LIMIT @most
                """,
                new { import = importId.ToString(), afterLine, most = limit ?? NoLimit },
                buffered: false),
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
                AND (@afterDataset IS NULL OR (dataset, by_column, sum_column, value) > (@afterDataset, @afterBy, @afterSum, @afterValue))
            ORDER BY dataset, by_column, sum_column, value LIMIT @limit
            """;
        var after = filter.After;
        var parameters = new
        {
            dataset = filter.Dataset,
            values = filter.Values is null ? null : SqliteJson.Array(filter.Values),
            afterDataset = after?.Dataset,
            afterBy = after?.Definition.By,
            afterSum = after?.Definition.Sum,
            afterValue = after?.Value,
            // A negative limit is none.
            limit = filter.Limit ?? -1,
        };
        var totals = ReadAsync(connection => connection.Query<StoredTotal>(Read, parameters, buffered: false), cancellationToken);
        await foreach (var stored in totals)
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

    private async IAsyncEnumerable<T> ReadAsync<T>(
        Func<SqliteConnection, IEnumerable<T>> query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var connection = await TranslateAsync(() => Task.Run(() => _file.Open(create: false), cancellationToken));
        // Every read is a call into SQLite that does not wait; only the first one may have to sort.
        using var rows = query(connection).GetEnumerator();
        var isRow = await TranslateAsync(() => Task.Run(rows.MoveNext, cancellationToken));
        while (isRow)
        {
            yield return rows.Current;
            cancellationToken.ThrowIfCancellationRequested();
            isRow = await TranslateAsync(() => Task.FromResult(rows.MoveNext()));
        }
    }

    private PartOutcome[] Apply(IReadOnlyList<ImportPart> parts)
    {
        try
        {
            if (_writer is { IsFileGone: true })
            {
                // Rows written to it now would be lost with it.
                Log.FileGone(logger, _file.Path);
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

    private Task<T> UndoAsync<T>(Guid importId, Func<UndoTransaction, T> work, CancellationToken cancellationToken) =>
        WithConnectionAsync(
            connection => Task.FromResult(connection.Write(
                SqliteFile.LockTimeout, () => work(new UndoTransaction(connection, importId, _time.GetUtcNow())))),
            create: false,
            cancellationToken);

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

    internal sealed record StoredTotal
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
}
