using CsvIngest.Testing;
using CsvIngest.RabbitMq;
using CsvIngest.ServerTests.Servers;
using Xunit;

namespace CsvIngest.ServerTests.Adapters;

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

    public async ValueTask InitializeAsync() => await Server.StartAsync();

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
