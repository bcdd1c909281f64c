using CsvIngest.Contracts;
using CsvIngest.Messages;
using CsvIngest.RabbitMq;
using CsvIngest.ServerTests.Servers;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client;
using Xunit;

namespace CsvIngest.ServerTests.Adapters;

/// <summary>Queues on the server that all tests share, and a plain client beside the code under test.</summary>
public sealed class RabbitMqFixture(BrokerServer server) : BrokerFixture, IAsyncLifetime
{
    /// <summary>See <see cref="BrokerServer.AddressAsync"/>.</summary>
    public string Address { get; private set; } = "";

    /// <summary>A connection of the tests' own.</summary>
    public IConnection Connection { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Address = await server.AddressAsync();
        Connection = await new ConnectionFactory { Uri = new Uri(Address) }.CreateConnectionAsync();
    }

    public ValueTask DisposeAsync() => Connection.DisposeAsync();

    public override IBroker Open(string queue, ILoggerFactory logs) =>
        new RabbitMqBroker(RabbitMqOptions.Parse(Address, queue), logs);

    public override async ValueTask RemoveAsync(string queue)
    {
        await using var channel = await Connection.CreateChannelAsync();
        await channel.QueueDeleteAsync(queue);
        await channel.QueueDeleteAsync(queue + ".dead-letter");
    }
}
