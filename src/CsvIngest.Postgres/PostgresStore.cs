using System.Data;
using System.Net.Sockets;
using CsvIngest.Datasets;
using CsvIngest.Store;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace CsvIngest.Postgres;

/// <summary>The store seam on PostgreSQL 13 or later. Holds a pool of connections, so one instance serves a whole program.</summary>
public sealed class PostgresStore : IStore
{
    private readonly NpgsqlDataSource _source;
    private readonly ILogger _logger;

    /// <summary>Connects to nothing yet.</summary>
    /// <param name="address">See <see cref="PostgresAddress.ToConnectionString"/>.</param>
    /// <param name="logger">Hears no row values.</param>
    /// <exception cref="Settings.UsageException">The address is not one; the message holds no part of it.</exception>
    public PostgresStore(string address, ILogger logger)
    {
        var connectionString = PostgresAddress.ToConnectionString(address);
        DisplayAddress = PostgresAddress.ToDisplay(connectionString);
        _logger = logger;
        try
        {
            _source = NpgsqlDataSource.Create(connectionString);
        }
        catch (Exception e) when (PostgresFailure.IsOfSettings(e))
        {
            throw PostgresFailure.UnusableSettings(e);
        }
    }

    /// <inheritdoc/>
    public string DisplayAddress { get; }

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> MigrateAsync(
        IReadOnlyCollection<Dataset> datasets, CancellationToken cancellationToken) =>
        WithConnectionAsync(
            async connection =>
            {
                var done = await Migrations.ApplyAsync(connection, datasets, cancellationToken);
                foreach (var line in done)
                {
                    Log.Migrated(_logger, DisplayAddress, line);
                }

                return done;
            },
            cancellationToken);

    /// <inheritdoc/>
    public Task CheckAsync(IReadOnlyCollection<Dataset> datasets, CancellationToken cancellationToken) =>
        WithConnectionAsync(
            async connection =>
            {
                await Migrations.CheckAsync(connection, DisplayAddress, cancellationToken);
                foreach (var dataset in datasets)
                {
                    await DatasetTable.CheckAsync(connection, DisplayAddress, dataset, cancellationToken);
                }

                return true;
            },
            cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<PartOutcome>> ApplyAsync(IReadOnlyList<ImportPart> parts, CancellationToken cancellationToken) =>
        WithConnectionAsync(
            async connection =>
            {
                try
                {
                    return await ApplyInTransactionAsync(connection, parts, isolateRows: false, cancellationToken);
                }
                catch (PostgresException refusal) when (PostgresFailure.IsOfARow(refusal))
                {
                    Log.RowRejected(_logger, refusal.SqlState, parts.Sum(part => part.RowCount));
                }

                // Savepoints cost a round trip each, so only this second try takes them.
                return await ApplyInTransactionAsync(connection, parts, isolateRows: true, cancellationToken);
            },
            cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<ImportBooks>> ReportAsync(Guid? importId, CancellationToken cancellationToken) =>
        WithConnectionAsync(connection => Reports.BooksAsync(connection, importId, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task<ImportDetails> ReportDetailsAsync(Guid importId, CancellationToken cancellationToken) =>
        WithConnectionAsync(connection => Reports.DetailsAsync(connection, importId, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _source.DisposeAsync();

    private async Task<IReadOnlyList<PartOutcome>> ApplyInTransactionAsync(
        NpgsqlConnection connection, IReadOnlyList<ImportPart> parts, bool isolateRows, CancellationToken cancellationToken)
    {
        if (parts.Count == 0)
        {
            return [];
        }

        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken);
        var outcomes = await new ApplyBatch(connection, transaction, parts, isolateRows).RunAsync(cancellationToken);
        // A connection lost here leaves the outcome unknown; the ledger makes the repeat harmless.
        await transaction.CommitAsync(cancellationToken);
        Log.Applied(
            _logger,
            parts.Count,
            outcomes.Sum(outcome => outcome.Inserted),
            outcomes.Sum(outcome => outcome.Duplicates),
            outcomes.Sum(outcome => outcome.Rejected));
        return outcomes;
    }

    private async Task<T> WithConnectionAsync<T>(Func<NpgsqlConnection, Task<T>> work, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await OpenAsync(cancellationToken);
            return await work(connection);
        }
        catch (Exception e) when (e is NpgsqlException or IOException or SocketException or TimeoutException)
        {
            throw PostgresFailure.Translate(e, DisplayAddress);
        }
    }

    // Some settings the driver looks at only now.
    private async Task<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _source.OpenConnectionAsync(cancellationToken);
        }
        catch (Exception e) when (PostgresFailure.IsOfSettings(e))
        {
            throw PostgresFailure.UnusableSettings(e);
        }
    }
}
