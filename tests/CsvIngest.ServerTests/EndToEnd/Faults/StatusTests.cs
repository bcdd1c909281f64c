using CsvIngest.ServerTests.EndToEnd.Harness;
using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.EndToEnd.Faults;

/// <summary>What <c>status</c> reports while the database is unavailable, and how long it takes.</summary>
[Collection(nameof(BreakableDatabase))]
public sealed class StatusTests(BreakableDatabase database)
{
    [Fact]
    public async Task When_the_database_is_restarted_a_waiting_status_keeps_waiting()
    {
        await using var scenario = await database.PrepareAsync();
        var import = await scenario.ImportAsync(500);
        await using var status = StartStatus(scenario, scenario.Database, import.Import.ToString(), "--wait", "120", "--json");
        await scenario.Tables.UntilStatusHasPolledAsync();

        await database.Server.StopAsync();
        await status.WaitForErrorLine("retrying until the time is up");
        await database.Server.StartAsync();
        scenario.Consumers.Start();

        var ended = (await status.WaitForExitAsync(Poll.Timeout)).ShouldExitWith(0);
        ended.Json()[0].GetProperty("complete").GetBoolean().ShouldBeTrue();
        ended.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(1, ended.ToString());
        await scenario.VerdictAsync();
    }

    [Fact]
    public async Task When_the_books_cannot_be_read_at_all_a_waiting_status_ends_with_75_in_time()
    {
        await using var scenario = await database.PrepareAsync();
        await using var link = new TcpProxy(Endpoint.Of(scenario.Database));
        link.FallSilent();
        await database.Server.StopAsync();
        var ended = await Task.WhenAll(
            RunStatusAsync(scenario, Endpoint.Replace(scenario.Database, link.Endpoint), "--wait", "2"),
            RunStatusAsync(scenario, scenario.Database, "--wait", "2", "--json"),
            RunStatusAsync(scenario, scenario.Database));
        await database.Server.StartAsync();

        foreach (var status in ended)
        {
            status.ShouldExitWith(75).Output.ShouldBeEmpty();
            status.Error.ShouldContain("consumer: Database postgres://");
            status.Duration.ShouldBeLessThan(TimeSpan.FromSeconds(15));
        }

        await scenario.VerdictAsync();
    }

    private static RunningProgram StartStatus(FaultScenario scenario, string database, params string[] flags) =>
        Programs.Start("consumer", ["status", .. flags, "--database", database], scenario.Folder);

    private static Task<ProgramResult> RunStatusAsync(FaultScenario scenario, string database, params string[] flags) =>
        Programs.RunAsync("consumer", ["status", .. flags, "--database", database], scenario.Folder);
}
