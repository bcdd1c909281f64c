using CsvIngest.Postgres;
using CsvIngest.ServerTests.Servers;
using Npgsql;
using Xunit;

namespace CsvIngest.ServerTests.EndToEnd.Harness;

/// <summary>The database server that the fault tests break, one test at a time, and the broker that all tests share.</summary>
public sealed class BreakableDatabase(BrokerServer brokers) : IAsyncLifetime
{
    /// <summary>A test that stops it starts it again.</summary>
    public PostgresInstance Server { get; } = PostgresInstance.Create();

    public async ValueTask InitializeAsync() => await Server.StartAsync();

    public ValueTask DisposeAsync() => Server.DisposeAsync();

    /// <summary>A scenario in a database of its own, with tables.</summary>
    public async Task<FaultScenario> PrepareAsync() => await FaultScenario.PrepareAsync(
        new ServerEnvironment(await brokers.AddressAsync(), await CreateDatabaseAsync()));

    /// <summary>An empty database.</summary>
    public async Task<string> CreateDatabaseAsync()
    {
        var name = $"csvingest_test_{Guid.NewGuid():N}";
        await using var source = NpgsqlDataSource.Create(
            PostgresAddress.ToConnectionString(Server.AddressOf("postgres")) + ";Pooling=false");
        await using var command = source.CreateCommand($"CREATE DATABASE {name}");
        await command.ExecuteNonQueryAsync();
        return Server.AddressOf(name);
    }
}

/// <summary>The classes that share it, and so run one after the other.</summary>
[CollectionDefinition(nameof(BreakableDatabase))]
public sealed class BreakableDatabaseCollection : ICollectionFixture<BreakableDatabase>;
