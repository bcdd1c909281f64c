using CsvIngest.ServerTests.Servers;
using Xunit;

namespace CsvIngest.ServerTests.EndToEnd;

/// <summary>The broker that the fault tests break, one test at a time, and the database server that all tests share.</summary>
public sealed class BreakableBroker(DatabaseServer databases) : IAsyncLifetime
{
    private readonly List<string> _databases = [];

    /// <summary>A test that stops it starts it again.</summary>
    public RabbitMqInstance Server { get; } = RabbitMqInstance.Create();

    /// <summary>A scenario with links, in a database of its own, with tables.</summary>
    public async Task<FaultScenario> PrepareAsync()
    {
        _databases.Add(await databases.CreateDatabaseAsync());
        return await FaultScenario.PrepareLinkedAsync(Server.Address, _databases[^1]);
    }

    /// <summary>Stops or kills it, and starts it again.</summary>
    public async Task RestartAsync(bool killed)
    {
        await (killed ? Server.KillAsync() : Server.StopAsync());
        await Server.StartAsync();
    }

    /// <summary>Has the broker believe that its disk is full.</summary>
    public Task SetDiskAlarmAsync() => Server.CtlAsync("set_disk_free_limit", "100000GB");

    public Task ClearDiskAlarmAsync() => Server.CtlAsync("set_disk_free_limit", "1MB");

    public async ValueTask InitializeAsync() => await Server.StartAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (var database in _databases)
        {
            await databases.DropDatabaseAsync(database);
        }

        await Server.DisposeAsync();
    }
}

/// <summary>The classes that share it, and so run one after the other.</summary>
[CollectionDefinition(nameof(BreakableBroker))]
public sealed class BreakableBrokerCollection : ICollectionFixture<BreakableBroker>;
