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
    private readonly SemaphoreSlim _starting = new(1);
    private RabbitMqInstance? _instance;

    /// <summary>Where it is, with user and password: <c>amqp://user:password@host:port/vhost</c>.</summary>
    public async Task<string> AddressAsync()
    {
        if (Environment.GetEnvironmentVariable("CSVINGEST_TEST_BROKER") is { Length: > 0 } given)
        {
            return given;
        }

        await _starting.WaitAsync();
        try
        {
            if (_instance is null)
            {
                // A row as large as its column never allows must reach us: from 4.0 the broker itself stops at 16 MiB.
                _instance = RabbitMqInstance.Create("max_message_size = 134217728");
                await _instance.StartAsync();
            }

            return _instance.Address;
        }
        finally
        {
            _starting.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_instance is not null)
        {
            await _instance.DisposeAsync();
        }

        _starting.Dispose();
    }
}
