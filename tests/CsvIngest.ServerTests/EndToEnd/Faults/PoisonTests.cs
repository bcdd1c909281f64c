using System.Text;
using CsvIngest.ServerTests.EndToEnd.Harness;
using CsvIngest.ServerTests.Servers;
using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.EndToEnd.Faults;

/// <summary>Messages and rows that cannot be handled are among others that can.</summary>
public sealed class PoisonTests(BrokerServer brokers, DatabaseServer databases)
{
    // More than the client library accepts by default, and more than any column accepts.
    private const int HugeBytes = 70_000_000;
    private const string Json = "application/json";

    [Fact]
    public async Task When_messages_are_poison_they_are_dead_lettered_with_their_reason_and_all_others_are_stored()
    {
        await using var scenario = await FaultScenario.PrepareAsync(brokers, databases);
        await scenario.Consumers.StartAsync(2);
        var import = await scenario.ImportAsync(5_000);
        string[] poison =
        [
            Encoding.Latin1.GetString([0xFF, 0x13, 0x37, 0x00, 0xFE]),
            """{"importId":"018f0000-0000-7000-8000-000000000001","dataset":"no-such","source":"s","slice":{"number":1}}""",
            Slice("018f0000-0000-7000-8000-000000000002", 1, """{"line":2,"values":["poison.a@example.com","A \ud800"]}"""),
            Slice("018f0000-0000-7000-8000-000000000003", 0, """{"line":2,"values":["poison.b@example.com","B"]}"""),
            Slice("018f0000-0000-7000-8000-000000000004", 1, """{"line":2,"values":["poison.c@example.com","C"]}""")
                .Replace("\"number\":1", "\"number\":1,\"rowsBefore\":\"9223372036854775807\"", StringComparison.Ordinal),
            Slice($"{import.Import}", 1, """{"line":7,"values":["poison.d@example.com","D"]}"""),
        ];
        await scenario.ImportAsync(5_000, people: "beside");
        foreach (var body in poison)
        {
            await scenario.Environment.PublishAsync(Encoding.Latin1.GetBytes(body), Json);
        }

        await scenario.Queues.UntilDeadLetteredAsync(poison.Length);

        var letters = (await scenario.Environment.DeadLettersAsync("list", "--json")).ShouldExitWith(0).Json();
        letters.EnumerateArray().Select(letter => letter.GetProperty("reason").GetString()).Order().ShouldBe(
            ["invalid-message", "invalid-message", "slice-conflict", "undecodable", "undecodable", "unknown-dataset"]);
        letters.EnumerateArray().ShouldAllBe(letter => letter.GetProperty("detail").GetString() != "");
        (await HeadersAsync(scenario)).ShouldAllBe(headers =>
            headers.ContainsKey("csvingest-reason") && headers.ContainsKey("csvingest-detail"));
        (await scenario.Environment.ContactsAsync("poison")).ShouldBeEmpty();
        (await scenario.Environment.DeadLettersAsync("purge", "--yes")).ShouldExitWith(0);
        (await scenario.VerdictAsync()).DeadLettered.ShouldBe(poison.Length);
    }

    [Fact]
    public async Task When_rows_are_poison_they_are_rejected_with_their_reason_and_all_others_are_stored()
    {
        await using var scenario = await FaultScenario.PrepareAsync(brokers, databases);
        await scenario.Tables.CountAsync("ALTER TABLE contacts ADD CHECK (full_name <> 'Poison'); SELECT 1");
        await scenario.Consumers.StartAsync(2);
        var import = Guid.NewGuid();
        var huge = new string('x', HugeBytes);
        await scenario.Environment.PublishAsync(Encoding.UTF8.GetBytes(Slice(
            $"{import}",
            1,
            """{"line":2,"values":["row.good@example.com","Good"]}""",
            """{"line":3,"values":["row.nul@example.com","N\u0000L"]}""",
            """{"line":4,"values":["row.check@example.com","Poison"]}""",
            $$"""{"line":5,"values":["row.huge@example.com","{{huge}}"]}""",
            """{"line":6,"values":["row.last@example.com","Last"]}""")), Json);
        await scenario.Environment.PublishAsync(
            Encoding.UTF8.GetBytes(Slice($"{import}", 2, $$"""{"line":7,"values":["{{huge}}@example.com","Huge"]}""")), Json);
        await scenario.Environment.PublishAsync(Encoding.UTF8.GetBytes(
            $$$"""{"importId":"{{{import}}}","dataset":"contacts","source":"s","closing":{"rowsRead":6,"slices":2}}"""), Json);
        await scenario.ImportAsync(5_000);

        await scenario.Tables.UntilAsync($"SELECT count(*) FROM import_slices WHERE import_id = '{import}'", slices => slices == 2);
        var books = await scenario.Environment.WaitUntilCompleteAsync(import);
        books.GetProperty("inserted").GetInt64().ShouldBe(2);
        books.GetProperty("rejected").GetInt64().ShouldBe(4);
        (await scenario.Environment.ContactsAsync("row")).Keys.ShouldBe(["row.good@example.com", "row.last@example.com"], ignoreOrder: true);
        var status = (await scenario.Environment.StatusAsync($"{import}")).ShouldExitWith(0).Output;
        status.ShouldContain("line 3, column \"full_name\": forbidden-character");
        status.ShouldContain("line 4: database-refused");
        status.ShouldContain("line 5, column \"full_name\": too-long");
        status.ShouldContain("line 7, column \"email\"");
        scenario.Verdict.ExpectContacts(new Dictionary<string, string> { ["row.good@example.com"] = "Good", ["row.last@example.com"] = "Last" });
        await scenario.VerdictAsync();
    }

    private static string Slice(string import, int number, params string[] rows) =>
        $$$"""
        {"importId":"{{{import}}}","dataset":"contacts","source":"s","slice":{"number":{{{number}}},"rows":[{{{string.Join(',', rows)}}}]}}
        """;

    // Closing the channel requeues them.
    private static Task<List<IDictionary<string, object?>>> HeadersAsync(FaultScenario scenario) => scenario.Environment.WithChannelAsync(async channel =>
    {
        var headers = new List<IDictionary<string, object?>>();
        while (await channel.BasicGetAsync(scenario.Environment.DeadLetterQueue, autoAck: false) is { } letter)
        {
            headers.Add(letter.BasicProperties.Headers ?? new Dictionary<string, object?>());
        }

        return headers;
    });
}
