using CsvIngest.Contracts;
using CsvIngest.ServerTests.EndToEnd.Harness;
using CsvIngest.Testing;
using RabbitMQ.Client;
using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.EndToEnd;

/// <summary>Telemetry of an import on RabbitMQ and PostgreSQL.</summary>
public sealed class TracedServerPipelineTests(ServerPipelineFixture fixture) : TracedPipelineContract<ServerPipelineFixture>(fixture)
{
    protected override string MessagingSystem => "rabbitmq";

    [Fact]
    public async Task The_metrics_of_the_driver_can_be_scraped_and_name_no_address()
    {
        await using var consumer = Environment.StartConsumer("--metrics-port", "0");
        var metrics = (await consumer.WaitForErrorLine("Listening for --metrics-port on ")).Split(" on ")[1];
        (await Environment.ProduceAsync(Environment.Folder.CopyIn("samples/contacts.csv"))).ShouldExitWith(0);
        (await Environment.StatusAsync("--wait", "60")).Output.ShouldContain("complete");
        using var client = new HttpClient();
        var scraped = "";
        await Poll.UntilAsync(async () => (scraped = await client.GetStringAsync(new Uri($"{metrics}/metrics"))).Contains("db_client_operation_duration", StringComparison.Ordinal));

        scraped.ShouldContain("db_client_connections{");
        scraped.ShouldContain("db_client_connection_pool_name=\"csvingest\"");
        Secrets.ShouldAllBe(secret => !scraped.Contains(secret, StringComparison.OrdinalIgnoreCase), scraped);
        (await Programs.RunAsync("promtool", ["check", "metrics"], Environment.Folder, input: System.Text.Encoding.UTF8.GetBytes(scraped)))
            .ExitCode.ShouldBe(0, scraped);
    }

    // The driver's name for a connection without a name is the connection string.
    protected override IEnumerable<string> Secrets => ["Password=", "Host=", "amqp://", "postgres://"];

    protected override IReadOnlyList<string> DriverMetrics => ["db.client.operation.duration"];

    protected override async Task RefuseAsync(string email, string value)
    {
        await using var connection = await Environment.ConnectAsync();
        await using var command = connection.CreateCommand();
        command.CommandText =
            $"""
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF NEW.email = '{email}' THEN RAISE check_violation USING MESSAGE = 'refused {value} ' || NEW.email; END IF;
                RETURN NEW;
            END $$;
            CREATE TRIGGER refuse BEFORE INSERT ON contacts FOR EACH ROW EXECUTE FUNCTION refuse();
            """;
        await command.ExecuteNonQueryAsync();
    }

    // Each message is taken and published again beside itself; those that were taken return when the channel closes.
    protected override Task RedeliverAsync() => ((ServerEnvironment)Environment).WithChannelAsync(async channel =>
    {
        var messages = new List<BasicGetResult>();
        while (await channel.BasicGetAsync(Environment.Queue, autoAck: false) is { } message)
        {
            messages.Add(message);
        }

        foreach (var message in messages)
        {
            await channel.BasicPublishAsync("", Environment.Queue, mandatory: true, new BasicProperties(message.BasicProperties), message.Body);
        }

        messages.ShouldNotBeEmpty();
        return true;
    });
}
