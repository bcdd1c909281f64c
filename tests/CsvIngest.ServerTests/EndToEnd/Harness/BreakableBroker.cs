using CsvIngest.ServerTests.Servers;
using Xunit;

namespace CsvIngest.ServerTests.EndToEnd.Harness;

/// <summary>The broker that the fault tests break, one test at a time, and the database server that all tests share.</summary>
public sealed class BreakableBroker(DatabaseServer databases) : IAsyncLifetime
{
    /// <summary>A test that stops it starts it again.</summary>
    public RabbitMqInstance Server { get; } = RabbitMqInstance.Create();

    /// <summary>A scenario with links, in a database of its own, with tables.</summary>
    public async Task<FaultScenario> PrepareAsync() => await FaultScenario.PrepareAsync(
        ServerEnvironment.WithLinks(Server.Address, await databases.CreateDatabaseAsync(), databases));

    public async ValueTask InitializeAsync() => await Server.StartAsync();

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}

/// <summary>The classes that share it, and so run one after the other.</summary>
[CollectionDefinition(nameof(BreakableBroker))]
public sealed class BreakableBrokerCollection : ICollectionFixture<BreakableBroker>;
