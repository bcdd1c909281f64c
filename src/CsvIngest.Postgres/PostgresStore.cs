using System.Data;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using CsvIngest.Datasets;
using CsvIngest.Settings;
using CsvIngest.Store;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace CsvIngest.Postgres;

/// <summary>The store seam on PostgreSQL 13 or later. It holds a pool of connections, so a program needs only one.</summary>
public sealed class PostgresStore : IStore
{
    private static readonly IReadOnlyList<MigrationScript> Migrations = MigrationScript.LoadFrom(typeof(PostgresStore).Assembly);

    private readonly ConnectionPools _pools;
    private readonly ILogger _logger;
    private readonly CopyChoices _copyChoices;

    /// <summary>Prepares the pool; the first call connects.</summary>
    /// <param name="address">See <see cref="PostgresAddress.ToConnectionString"/>.</param>
    /// <param name="logger">Receives no row values.</param>
    /// <exception cref="UsageException">The address is not valid, or a file that it names; the message contains no password.</exception>
    public PostgresStore(ConfiguredAddress address, ILogger logger)
        : this(address, logger, new CopyOptions())
    {
    }

    /// <summary>The same for an address that does not change.</summary>
    /// <inheritdoc cref="PostgresStore(ConfiguredAddress, ILogger)"/>
    public PostgresStore(string address, ILogger logger)
        : this(new ConfiguredAddress(address), logger)
    {
    }

    /// <param name="copy">When rows go in by COPY.</param>
    internal PostgresStore(ConfiguredAddress address, ILogger logger, CopyOptions copy)
    {
        _logger = logger;
        _copyChoices = new CopyChoices(copy, logger);
        _pools = new ConnectionPools(address, logger);
    }

    /// <summary>Addresses of PostgreSQL databases: <see cref="PostgresAddress"/>.</summary>
    public static StoreKind Kind { get; } = new(
        PostgresAddress.Forms, (address, loggers) => new PostgresStore(address, loggers.CreateLogger<PostgresStore>()))
    {
        DriverInstruments = "Npgsql",
    };

    /// <inheritdoc/>
    public string DisplayAddress => _pools.DisplayAddress;

    /// <inheritdoc/>
    public Task<IReadOnlyList<MigrationStep>> MigrateAsync(
        IReadOnlyCollection<Dataset> datasets, CancellationToken cancellationToken) =>
        WithConnectionAsync(
            connection =>
            {
                CheckEncoding(connection);
                return MigrationsOf(connection).ApplyAsync(datasets, cancellationToken);
            },
            cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<MigrationStep>> AddColumnsAsync(
        IReadOnlyCollection<Dataset> datasets, CancellationToken cancellationToken) =>
        WithConnectionAsync(connection => MigrationsOf(connection).AddColumnsAsync(datasets, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task CheckAsync(IReadOnlyCollection<Dataset> datasets, CancellationToken cancellationToken) =>
        WithConnectionAsync(
            async connection =>
            {
                CheckEncoding(connection);
                var migrations = MigrationsOf(connection);
                await migrations.CheckAsync(
                    datasets,
                    dataset => DatasetTable.CheckAsync(connection, migrations, DisplayAddress, dataset, cancellationToken),
                    cancellationToken);
                return true;
            },
            cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<PartOutcome>> ApplyAsync(IReadOnlyList<ImportPart> parts, CancellationToken cancellationToken) =>
        WithConnectionAsync(
            async connection =>
            {
                for (var mode = InsertMode.Copy; ;)
                {
                    try
                    {
                        return await ApplyInTransactionAsync(connection, parts, mode, cancellationToken);
                    }
                    catch (CopyRefusedException refusal)
                    {
                        Log.CopyRefused(_logger, FailureReason.Of(refusal));
                        mode = InsertMode.Statement;
                    }
                    catch (PostgresException rejection) when (mode != InsertMode.IsolateRows && PostgresFailure.RejectsRow(rejection))
                    {
                        Log.RowRejected(_logger, rejection.SqlState, parts.Sum(part => part.RowCount));
                        mode = InsertMode.IsolateRows;
                    }
                }
            },
            cancellationToken);

    /// <inheritdoc/>
    public Task<UndoStart> BeginUndoAsync(Guid importId, CancellationToken cancellationToken) =>
        UndoAsync(importId, undo => undo.BeginAsync(cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task<UndoStep> ContinueUndoAsync(Guid importId, Dataset dataset, int maxRows, CancellationToken cancellationToken) =>
        UndoAsync(importId, undo => undo.ContinueAsync(dataset, maxRows, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<ImportBooks>> ReportAsync(ImportFilter filter, CancellationToken cancellationToken) =>
        WithConnectionAsync(connection => Reports.BooksAsync(connection, filter, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<Rejection> ReadRejectionsAsync(Guid importId, long afterLine, int? limit, CancellationToken cancellationToken) =>
        ReadAsync(connection => Reports.RejectionsAsync(connection, importId, afterLine, limit), cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<long> ReadDuplicateLinesAsync(Guid importId, long afterLine, int? limit, CancellationToken cancellationToken) =>
        ReadAsync(connection => Reports.DuplicateLinesAsync(connection, importId, afterLine, limit), cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<RunningTotal> ReadTotalsAsync(TotalFilter filter, CancellationToken cancellationToken) =>
        ReadAsync(connection => Totals.ReadAsync(connection, filter), cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _pools.DisposeAsync();

    // Any name must fit, and the reasons in the books. SQL_ASCII stores bytes as they are.
    private void CheckEncoding(NpgsqlConnection connection)
    {
        if (connection.PostgresParameters.TryGetValue("server_encoding", out var encoding) && encoding is not ("UTF8" or "SQL_ASCII"))
        {
            throw new DeniedException(
                $"Database {DisplayAddress} has the encoding {encoding}; expected UTF8. Create another database, with ENCODING 'UTF8' TEMPLATE template0.");
        }
    }

    private MigrationRunner MigrationsOf(NpgsqlConnection connection) => new(connection, new PostgresDialect(DisplayAddress), Migrations);

    private async Task<IReadOnlyList<PartOutcome>> ApplyInTransactionAsync(
        NpgsqlConnection connection, IReadOnlyList<ImportPart> parts, InsertMode mode, CancellationToken cancellationToken)
    {
        if (parts.Count == 0)
        {
            return [];
        }

        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken);
        var outcomes = await new BatchTransaction(connection, transaction, mode, _copyChoices).ApplyAsync(parts, cancellationToken);
        // If the connection is lost here, the outcome is unknown; the ledger makes it safe to apply the parts again.
        await CommitAsync(connection, transaction, cancellationToken);
        Log.Applied(
            _logger,
            parts.Count,
            outcomes.Sum(outcome => outcome.Inserted),
            outcomes.Sum(outcome => outcome.Duplicate),
            outcomes.Sum(outcome => outcome.Rejected));
        return outcomes;
    }

    private Task<T> UndoAsync<T>(Guid importId, Func<UndoTransaction, Task<T>> work, CancellationToken cancellationToken) =>
        WithConnectionAsync(
            async connection =>
            {
                await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken);
                var result = await work(new UndoTransaction(connection, transaction, importId));
                await CommitAsync(connection, transaction, cancellationToken);
                return result;
            },
            cancellationToken);

    // A commit that waits for a synchronous standby can be cancelled, as it is after the command timeout, and then succeeds with a warning.
    // It has failed as long as a failover would undo it: the next attempt finds the parts in the ledger, and its own commit waits again.
    private async Task CommitAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        var isCancelled = false;
        connection.Notice += OnNotice;
        try
        {
            await transaction.CommitAsync(cancellationToken);
        }
        finally
        {
            connection.Notice -= OnNotice;
        }

        if (isCancelled)
        {
            throw new StoreUnavailableException($"Database {DisplayAddress}: no synchronous standby has confirmed a commit in time");
        }

        // By the function of the server that reports it: the text may be translated, and its code is that of any warning.
        void OnNotice(object sender, NpgsqlNoticeEventArgs notice) => isCancelled |= notice.Notice.Routine == "SyncRepWaitForLSN";
    }

    private Task<T> WithConnectionAsync<T>(Func<NpgsqlConnection, Task<T>> work, CancellationToken cancellationToken) => TranslateAsync(async () =>
    {
        await using var connection = await _pools.OpenAsync(cancellationToken);
        return await work(connection);
    });

    private async IAsyncEnumerable<T> ReadAsync<T>(
        Func<NpgsqlConnection, IAsyncEnumerable<T>> query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var connection = await TranslateAsync(() => _pools.OpenAsync(cancellationToken));
        await using var rows = query(connection).GetAsyncEnumerator(cancellationToken);
        while (await TranslateAsync(() => rows.MoveNextAsync().AsTask()))
        {
            yield return rows.Current;
            // The driver looks at the token only when it waits for the server.
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private async Task<T> TranslateAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception e) when (e is NpgsqlException or IOException or SocketException or TimeoutException)
        {
            throw PostgresFailure.Translate(e, DisplayAddress);
        }
    }
}
