using CsvIngest.ServerTests.Servers;
using Xunit;

[assembly: AssemblyFixture(typeof(BrokerServer))]

namespace CsvIngest.ServerTests.Servers;

/// <summary>
/// The RabbitMQ server that all tests of a run share, started when the first test asks for it. Tests that break their server
/// start a <see cref="RabbitMqInstance"/> of their own.
/// </summary>
public sealed class BrokerServer : IAsyncDisposable
{
    // A row larger than any column accepts must reach the consumer: from 4.0 the broker itself has a limit of 16 MiB.
    private readonly SharedInstance<RabbitMqInstance> _server = new(() => RabbitMqInstance.Create("max_message_size = 134217728"));

    /// <summary>Its address with user and password: <c>amqp://user:password@host:port/vhost</c>.</summary>
    public async Task<string> AddressAsync() => Environment.GetEnvironmentVariable("CSVINGEST_TEST_BROKER") is { Length: > 0 } given
        ? given
        : (await _server.StartedAsync()).Address;

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}
