using System.Text;
using CsvIngest.Testing;
using CsvIngest.ServerTests.Servers;
using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.EndToEnd;

/// <summary><c>status</c> while an import is under way, or stuck.</summary>
public sealed class BooksTests(BrokerServer brokers, DatabaseServer databases)
{
    private static readonly Guid Import = Guid.NewGuid();

    [Fact]
    public async Task When_slices_or_the_closing_have_not_arrived_the_status_says_which()
    {
        await using var scenario = await FaultScenario.PrepareAsync(brokers, databases);
        await scenario.StartConsumersAsync(1);
        await PublishAsync(scenario, Slice(1));
        await PublishAsync(scenario, Slice(2));
        await PublishAsync(scenario, Slice(6));
        await scenario.UntilStoredAsync(3);

        var status = await StatusAsync(scenario);
        status.ShouldExitWith(1).Output.ShouldContain("producer unfinished");
        status.Output.ShouldContain("missing slices 3-5 ");
        var books = (await StatusAsync(scenario, "--json")).ShouldExitWith(1).Json()[0];
        books.GetProperty("rowsRead").GetInt64().ShouldBe(6);
        books.GetProperty("outstanding").GetInt64().ShouldBe(3);
        (await StatusAsync(scenario, "--wait", "2")).ShouldExitWith(1).Duration.ShouldBeGreaterThan(TimeSpan.FromSeconds(2));

        await PublishAsync(scenario, """ "closing":{"rowsRead":7,"slices":7} """);
        await scenario.UntilAsync("SELECT count(closed_at) FROM imports", closed => closed == 1);
        status = await StatusAsync(scenario);
        status.ShouldExitWith(1).Output.ShouldContain("under way");
        status.Output.ShouldContain("missing slices 3-5, 7 ");

        var waiting = StatusAsync(scenario, "--wait", "60");
        foreach (var number in (int[])[7, 4, 3, 5])
        {
            await PublishAsync(scenario, Slice(number));
        }

        (await waiting).ShouldExitWith(0).Output.ShouldContain("complete");
        scenario.ExpectContacts(Enumerable.Range(1, 7).Select(number => KeyValuePair.Create($"b.{number}@example.com", "B")));
        await scenario.VerdictAsync();
    }

    private static string Slice(int number) =>
        $$"""
        "slice":{"number":{{number}},"rowsBefore":{{number - 1}},"rows":[{"line":{{number + 1}},"values":["b.{{number}}@example.com","B"]}]}
        """;

    private static Task<ProgramResult> StatusAsync(FaultScenario scenario, params string[] flags) =>
        scenario.RunConsumerAsync(["status", $"{Import}", "--database", scenario.Database, .. flags]);

    private static Task<bool> PublishAsync(FaultScenario scenario, string part) => scenario.PublishAsync(
        Encoding.UTF8.GetBytes($$"""{"importId":"{{Import}}","dataset":"contacts","source":"books.csv",{{part}} }"""), "application/json");
}
