using CsvIngest.ServerTests.Servers;
using Xunit;

namespace CsvIngest.ServerTests.EndToEnd.Harness;

/// <summary>The cluster of brokers that the fault tests break, one test at a time, and the database server that all tests share.</summary>
public sealed class BreakableCluster(DatabaseServer databases) : IAsyncDisposable
{
    private readonly Lazy<RabbitMqCluster> _brokers = new(() => new RabbitMqCluster());

    /// <summary>A test may leave nodes stopped.</summary>
    internal RabbitMqCluster Brokers => _brokers.Value;

    /// <summary>
    /// A scenario in a database of its own, with tables, on a cluster of which all nodes run. Skips the test if the servers are containers, and
    /// this machine has no rabbitmq-server of its own.
    /// </summary>
    public async Task<FaultScenario> PrepareAsync()
    {
        Assert.SkipUnless(
            RabbitMqCluster.IsAvailable || !Containers.AreUsed, "A cluster needs a rabbitmq-server on this machine; containers do not form one.");
        await Brokers.StartAsync();
        return await FaultScenario.PrepareAsync(new ServerEnvironment(Brokers.Address, await databases.CreateDatabaseAsync(), databases));
    }

    public ValueTask DisposeAsync() => _brokers.IsValueCreated ? _brokers.Value.DisposeAsync() : ValueTask.CompletedTask;
}

/// <summary>The classes that share it, and so run one after the other.</summary>
[CollectionDefinition(nameof(BreakableCluster))]
public sealed class BreakableClusterCollection : ICollectionFixture<BreakableCluster>;
