using CsvIngest.Contracts;
using CsvIngest.RabbitMq;
using CsvIngest.ServerTests.Servers;
using Xunit;

namespace CsvIngest.ServerTests.RabbitMq;

/// <summary>A server for one test class to break. It runs when a test starts, whatever the test before did to it.</summary>
public sealed class OwnRabbitMq : IAsyncLifetime
{
    public RabbitMqInstance Server { get; } = RabbitMqInstance.Create();

    /// <summary>The options of the tests: as shipped, but quick to notice.</summary>
    public RabbitMqOptions Options(string queue) => RabbitMqOptions.Parse(Server.Address, queue) with
    {
        StallTimeout = TimeSpan.FromSeconds(5),
        WatchInterval = TimeSpan.FromSeconds(1),
        CloseTimeout = TimeSpan.FromSeconds(1),
    };

    /// <summary>A broker on a queue of its own.</summary>
    public RabbitMqBroker Open(RecordedLogs logs) => new(Options($"csvingest-fault-{Guid.NewGuid():N}"), logs);

    /// <summary>
    /// Makes the queues survive a kill. RabbitMQ 3.10 keeps the name of a new quorum queue in memory for some minutes: a
    /// server that is killed meanwhile comes back with the queue, empty and without a leader for ever. An orderly restart
    /// writes it down.
    /// </summary>
    public async Task AgeQueuesAsync(RabbitMqBroker broker)
    {
        await broker.PrepareAsync(TestContext.Current.CancellationToken);
        await Server.StopAsync();
        await Server.StartAsync();
    }

    public async ValueTask InitializeAsync() => await Server.StartAsync();

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
