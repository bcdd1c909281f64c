using CsvIngest.Contracts;
using CsvIngest.ServerTests.EndToEnd.Harness;
using RabbitMQ.Client;
using Shouldly;

namespace CsvIngest.ServerTests.EndToEnd;

/// <summary>Telemetry of an import on RabbitMQ and PostgreSQL.</summary>
public sealed class TracedServerPipelineTests(ServerPipelineFixture fixture) : TracedPipelineContract<ServerPipelineFixture>(fixture)
{
    protected override string MessagingSystem => "rabbitmq";

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
