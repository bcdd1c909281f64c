using System.Text;
using CsvIngest.Contracts;
using CsvIngest.ServerTests.Servers;
using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.Faults;

/// <summary><c>status</c> while an import is under way, or stuck.</summary>
public sealed class BooksTests(BrokerServer brokers, DatabaseServer databases)
{
    private static readonly Guid Import = Guid.NewGuid();

    [Fact]
    public async Task When_slices_or_the_closing_have_not_arrived_the_status_says_which()
    {
        await using var trial = await Trial.PrepareAsync(brokers, databases);
        await trial.StartConsumersAsync(1);
        await PublishAsync(trial, Slice(1));
        await PublishAsync(trial, Slice(2));
        await PublishAsync(trial, Slice(6));
        await trial.UntilStoredAsync(3);

        var status = await StatusAsync(trial);
        status.ShouldExitWith(1).Output.ShouldContain("producer unfinished");
        status.Output.ShouldContain("missing slices 3-5 ");
        var books = (await StatusAsync(trial, "--json")).ShouldExitWith(1).Json()[0];
        books.GetProperty("rowsRead").GetInt64().ShouldBe(6);
        books.GetProperty("outstanding").GetInt64().ShouldBe(3);
        (await StatusAsync(trial, "--wait", "2")).ShouldExitWith(1).Duration.ShouldBeGreaterThan(TimeSpan.FromSeconds(2));

        await PublishAsync(trial, """ "closing":{"rowsRead":7,"slices":7} """);
        await trial.UntilAsync("SELECT count(closed_at) FROM imports", closed => closed == 1);
        status = await StatusAsync(trial);
        status.ShouldExitWith(1).Output.ShouldContain("under way");
        status.Output.ShouldContain("missing slices 3-5, 7 ");

        var waiting = StatusAsync(trial, "--wait", "60");
        foreach (var number in (int[])[7, 4, 3, 5])
        {
            await PublishAsync(trial, Slice(number));
        }

        (await waiting).ShouldExitWith(0).Output.ShouldContain("complete");
        trial.ExpectContacts(Enumerable.Range(1, 7).Select(number => KeyValuePair.Create($"b.{number}@example.com", "B")));
        await trial.VerdictAsync();
    }

    private static string Slice(int number) =>
        $$"""
        "slice":{"number":{{number}},"rowsBefore":{{number - 1}},"rows":[{"line":{{number + 1}},"values":["b.{{number}}@example.com","B"]}]}
        """;

    private static Task<ProgramResult> StatusAsync(Trial trial, params string[] flags) =>
        trial.RunConsumerAsync(["status", $"{Import}", "--database", trial.Database, .. flags]);

    private static Task<bool> PublishAsync(Trial trial, string part) => trial.PublishAsync(
        Encoding.UTF8.GetBytes($$"""{"importId":"{{Import}}","dataset":"contacts","source":"books.csv",{{part}} }"""), "application/json");
}
