using System.Data.Common;
using System.Text;
using CsvIngest.Contracts;
using CsvIngest.Testing;
using CsvIngest.Postgres;
using CsvIngest.ServerTests.Servers;
using Npgsql;
using RabbitMQ.Client;
using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.EndToEnd;

/// <summary>RabbitMQ and PostgreSQL, shared by the run; a queue and a database of the class's own.</summary>
public sealed class ServerFooting(BrokerServer brokers, DatabaseServer databases) : PipelineEnvironment
{
    private string _broker = "";
    private string _database = "";

    public override string Broker => _broker;

    public override string Database => _database;

    public override int ManyRows => 100_000;

    public override int ManyMessages => 100_000;

    public override DbConnection Connect() => new NpgsqlConnection(PostgresAddress.ToConnectionString(_database));

    public override async ValueTask InitializeAsync()
    {
        _broker = await brokers.AddressAsync();
        _database = await databases.CreateDatabaseAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        await databases.DropDatabaseAsync(_database);
        await using var connection = await new ConnectionFactory { Uri = new Uri(_broker) }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        await channel.QueueDeleteAsync(Queue);
        await channel.QueueDeleteAsync(Queue + ".dead-letter");
    }
}

public sealed class ServerPipelineTests(ServerFooting environment) : PipelineContract<ServerFooting>(environment)
{
    [Fact]
    public async Task A_message_written_by_hand_in_json_and_published_by_a_plain_client_goes_in()
    {
        var import = Guid.NewGuid();
        await using (var consumer = PipelineEnvironment.StartConsumer(Folder))
        {
            await consumer.WaitForErrorLine("Consuming from");
            await PublishAsync($$"""
                {
                  "importId": "{{import}}", "dataset": "contacts", "source": "by-hand.csv",
                  "slice": {
                    "number": 1, "extraColumns": ["company"],
                    "rows": [{ "line": 2, "values": ["ByHand.Ann@Example.com", "Ann", "Acme"] },
                             { "line": "3", "values": ["byhand.bob@example.com", "Bob", ""] }]
                  }
                }
                """);
            await PublishAsync($$"""
                { "importId": "{{import}}", "dataset": "contacts", "source": "by-hand.csv", "closing": { "rowsRead": 2, "slices": 1 } }
                """);
            await PipelineEnvironment.WaitUntilCompleteAsync(Folder, import);
        }

        (await PipelineEnvironment.ContactsAsync("byhand")).ShouldBe(new Dictionary<string, string>
        {
            ["byhand.ann@example.com"] = "Ann",
            ["byhand.bob@example.com"] = "Bob",
        });
    }

    private async Task PublishAsync(string json)
    {
        await using var connection = await new ConnectionFactory { Uri = new Uri(PipelineEnvironment.Broker) }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        await channel.BasicPublishAsync(
            "", PipelineEnvironment.Queue, mandatory: true,
            new BasicProperties { ContentType = "application/json", Persistent = true },
            Encoding.UTF8.GetBytes(json));
    }
}
