using System.Text;
using CsvIngest.ServerTests.EndToEnd.Harness;
using CsvIngest.ServerTests.Servers;
using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.EndToEnd.Faults;

/// <summary>The output of <c>status</c> while an import is in progress or stuck.</summary>
public sealed class BooksTests(BrokerServer brokers, DatabaseServer databases)
{
    private static readonly Guid Import = Guid.NewGuid();

    [Fact]
    public async Task When_slices_or_the_closing_have_not_arrived_the_status_names_them()
    {
        await using var scenario = await FaultScenario.PrepareAsync(brokers, databases);
        await scenario.Consumers.StartAsync(1);
        await PublishAsync(scenario, Slice(1));
        await PublishAsync(scenario, Slice(2));
        await PublishAsync(scenario, Slice(6));
        await scenario.Tables.UntilStoredAsync(3);

        var status = await StatusAsync(scenario);
        status.ShouldExitWith(1).Output.ShouldContain("in progress");
        status.Output.ShouldContain("missing slices 3-5 ");
        var books = (await StatusAsync(scenario, "--json")).ShouldExitWith(1).Json()[0];
        books.GetProperty("rowsRead").GetInt64().ShouldBe(6);
        books.GetProperty("outstanding").GetInt64().ShouldBe(3);
        (await StatusAsync(scenario, "--wait", "2")).ShouldExitWith(1).Duration.ShouldBeGreaterThan(TimeSpan.FromSeconds(2));

        await PublishAsync(scenario, """ "closing":{"rowsRead":7,"slices":7} """);
        await scenario.Tables.UntilAsync("SELECT count(closed_at) FROM imports", closed => closed == 1);
        status = await StatusAsync(scenario);
        status.ShouldExitWith(1).Output.ShouldContain("in progress");
        status.Output.ShouldContain("missing slices 3-5, 7 ");
        await scenario.Tables.CountAsync(
            "UPDATE imports SET started_at = started_at - interval '1 hour', closed_at = closed_at - interval '1 hour';"
            + "UPDATE import_slices SET applied_at = applied_at - interval '1 hour'; SELECT 1");
        (await StatusAsync(scenario)).ShouldExitWith(1).Output.ShouldContain("slices missing");

        var waiting = StatusAsync(scenario, "--wait", "60");
        foreach (var number in (int[])[7, 4, 3, 5])
        {
            await PublishAsync(scenario, Slice(number));
        }

        (await waiting).ShouldExitWith(0).Output.ShouldContain("complete");
        scenario.Verdict.ExpectContacts(Enumerable.Range(1, 7).Select(number => KeyValuePair.Create($"b.{number}@example.com", "B")));
        await scenario.VerdictAsync();
    }

    [Fact]
    public async Task When_the_database_answers_nothing_a_waiting_status_shows_what_it_read_in_time()
    {
        await using var scenario = await FaultScenario.PrepareAsync(brokers, databases);
        var import = await scenario.ImportAsync(500);
        // The ledger knows the import, but not all of it.
        await scenario.Tables.CountAsync(
            $"INSERT INTO imports (import_id, dataset, source) VALUES ('{import.Import}', 'contacts', 'person.csv'); SELECT 1");
        await using var link = new TcpProxy(Endpoint.Of(scenario.Database));
        var address = Endpoint.Replace(scenario.Database, link.Endpoint);
        await using var status = Programs.Start(
            "consumer", ["status", $"{import.Import}", "--wait", "8", "--database", address], scenario.Folder);
        await scenario.Tables.UntilStatusHasPolledAsync();
        link.FallSilent();

        var ended = (await status.WaitForExitAsync()).ShouldExitWith(1);

        ended.Output.ShouldContain(import.Import.ToString());
        ended.Error.ShouldContain("does not answer");
        ended.Duration.ShouldBeLessThan(TimeSpan.FromSeconds(20));
        await scenario.VerdictAsync();
    }

    private static string Slice(int number) =>
        $$"""
        "slice":{"number":{{number}},"rowsBefore":{{number - 1}},"rows":[{"line":{{number + 1}},"values":["b.{{number}}@example.com","B"]}]}
        """;

    private static Task<ProgramResult> StatusAsync(FaultScenario scenario, params string[] flags) =>
        scenario.Environment.StatusAsync([$"{Import}", .. flags]);

    private static Task PublishAsync(FaultScenario scenario, string part) => scenario.Environment.PublishAsync(
        Encoding.UTF8.GetBytes($$"""{"importId":"{{Import}}","dataset":"contacts","source":"books.csv",{{part}} }"""), "application/json");
}
