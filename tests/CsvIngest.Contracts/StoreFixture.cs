using CsvIngest.Store;
using Microsoft.Extensions.Logging;
using CsvIngest.Testing;
using CsvIngest.Values;
using Xunit;

namespace CsvIngest.Contracts;

/// <summary>What <see cref="StoreContract{TFixture}"/> needs to know about a kind of database. A test class has one instance.</summary>
public abstract class StoreFixture : IAsyncLifetime
{
    private StoreDatabase? _database;

    /// <summary>
    /// The database that the tests of the class share, migrated for <see cref="StoreDatasets.All"/>. Every test uses import IDs and
    /// keys of its own.
    /// </summary>
    public StoreDatabase Database => _database ?? throw new InvalidOperationException("The fixture is not initialised.");

    /// <summary>Creates an empty database, without any table.</summary>
    public abstract Task<StoreDatabase> CreateDatabaseAsync();

    /// <summary>
    /// A SQL expression that gives a quoted column's value as text in its canonical form: <c>12.5</c>, <c>true</c>,
    /// <c>2024-05-06T07:08:09.123456Z</c>, <c>2024-05-06</c>, a UUID in lower case.
    /// </summary>
    public abstract string CanonicalText(string quotedColumn, ColumnType type);

    /// <inheritdoc/>
    public virtual async ValueTask InitializeAsync()
    {
        _database = await CreateDatabaseAsync();
        await _database.ExecuteAsync(StoreDatasets.GuardedTable);
        using var logs = new RecordedLogs();
        await using var store = _database.OpenStore(logs);
        await store.MigrateAsync(StoreDatasets.All, CancellationToken.None);
    }

    /// <inheritdoc/>
    public virtual async ValueTask DisposeAsync()
    {
        if (_database is not null)
        {
            await _database.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }
}

/// <summary>A database for tests. Disposing it removes it.</summary>
public abstract class StoreDatabase : IAsyncDisposable
{
    /// <summary>Opens the store under test on this database; the caller disposes it. Several may be open at once.</summary>
    public abstract IStore OpenStore(ILogger logger);

    /// <summary>Executes SQL without the store.</summary>
    public abstract Task ExecuteAsync(string sql);

    /// <summary>Queries without the store: each row's values as text (invariant culture), null for NULL.</summary>
    public abstract Task<IReadOnlyList<string?[]>> QueryAsync(string sql);

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}
