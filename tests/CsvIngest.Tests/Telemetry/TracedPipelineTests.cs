using CsvIngest.Contracts;
using CsvIngest.Tests.EndToEnd;

namespace CsvIngest.Tests.Telemetry;

/// <summary>Telemetry of an import on the embedded default.</summary>
public sealed class TracedPipelineTests(EmbeddedPipelineFixture fixture) : TracedPipelineContract<EmbeddedPipelineFixture>(fixture)
{
    protected override string MessagingSystem => "sqlite";

    protected override async Task RefuseAsync(string email, string value) => await ExecuteAsync(
        $"CREATE TRIGGER refuse BEFORE INSERT ON contacts WHEN NEW.email = '{email}' BEGIN SELECT RAISE(ABORT, 'refused {value}'); END");

    protected override async Task RedeliverAsync() => await ExecuteAsync(
        "INSERT INTO broker_messages (queue, body, content_type, urgent, traceparent) SELECT queue, body, content_type, urgent, traceparent FROM broker_messages");

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = await Environment.ConnectAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }
}
