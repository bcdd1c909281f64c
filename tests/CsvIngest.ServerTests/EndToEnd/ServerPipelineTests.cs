using System.Text;
using CsvIngest.Contracts;
using CsvIngest.ServerTests.EndToEnd.Harness;
using CsvIngest.ServerTests.Servers;
using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.EndToEnd;

/// <summary>RabbitMQ and PostgreSQL, on the servers that all tests share.</summary>
public sealed class ServerPipelineFixture(BrokerServer brokers, DatabaseServer databases) : PipelineFixture
{
    public override int ManyRows => 100_000;

    public override int ManyMessages => 100_000;

    public override async Task<PipelineEnvironment> CreateAsync()
    {
        var environment = new ServerEnvironment(await brokers.AddressAsync(), await databases.CreateDatabaseAsync(), databases);
        await environment.CreateTablesAsync();
        return environment;
    }
}

/// <summary>The pipeline contract on servers, and what only a server shows.</summary>
public sealed class ServerPipelineTests(ServerPipelineFixture fixture) : PipelineContract<ServerPipelineFixture>(fixture)
{
    [Fact]
    public async Task A_json_message_written_by_hand_and_published_by_a_plain_client_is_stored()
    {
        var import = Guid.NewGuid();
        await using (var consumer = Environment.StartConsumer())
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
            await Environment.WaitUntilCompleteAsync(import);
        }

        (await Environment.ContactsAsync("byhand")).ShouldBe(new Dictionary<string, string>
        {
            ["byhand.ann@example.com"] = "Ann",
            ["byhand.bob@example.com"] = "Bob",
        });
    }

    private Task PublishAsync(string json) =>
        ((ServerEnvironment)Environment).PublishAsync(Encoding.UTF8.GetBytes(json), "application/json");
}
