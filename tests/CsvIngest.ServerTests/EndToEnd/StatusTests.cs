using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.EndToEnd;

/// <summary>What the operator's commands say while their server is away, and how long they take to say it.</summary>
[Collection(nameof(BreakableDatabase))]
public sealed class StatusTests(BreakableDatabase database)
{
    [Fact]
    public async Task When_the_database_is_restarted_a_status_that_waits_goes_on_waiting()
    {
        await using var scenario = await database.PrepareAsync();
        var import = await scenario.ImportAsync(500);
        await using var status = StartStatus(scenario, scenario.Database, import.Id.ToString(), "--wait", "120", "--json");
        await UntilReadAsync(scenario);

        await database.Server.StopAsync();
        await status.WaitForErrorLine("waiting until it is back");
        await database.Server.StartAsync();
        scenario.StartConsumer();

        var ended = (await status.WaitForExitAsync(FaultScenario.Patience)).ShouldExitWith(0);
        ended.Json()[0].GetProperty("complete").GetBoolean().ShouldBeTrue();
        ended.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(1, ended.ToString());
        await scenario.VerdictAsync();
    }

    [Fact]
    public async Task When_the_database_answers_nothing_a_status_that_waits_shows_what_it_read_in_time()
    {
        await using var scenario = await database.PrepareAsync();
        var import = await scenario.ImportAsync(500);
        // Something is known of it, and not all.
        await scenario.CountAsync(
            $"INSERT INTO imports (import_id, dataset, source) VALUES ('{import.Id}', 'contacts', 'person.csv'); SELECT 1");
        await using var link = new TcpProxy(Endpoint.Of(scenario.Database));
        var address = Endpoint.Replace(scenario.Database, link.Endpoint);
        await using var status = StartStatus(scenario, address, import.Id.ToString(), "--wait", "8");
        await UntilReadAsync(scenario);
        link.FallSilent();

        var ended = (await status.WaitForExitAsync()).ShouldExitWith(1);

        ended.Output.ShouldContain(import.Id.ToString());
        ended.Error.ShouldContain("does not answer");
        ended.Duration.ShouldBeLessThan(TimeSpan.FromSeconds(20));
        await scenario.VerdictAsync();
    }

    [Fact]
    public async Task When_the_books_cannot_be_read_at_all_a_status_that_waits_ends_with_75_in_time()
    {
        await using var scenario = await database.PrepareAsync();
        await using var link = new TcpProxy(Endpoint.Of(scenario.Database));
        link.FallSilent();
        var silent = await RunStatusAsync(scenario, Endpoint.Replace(scenario.Database, link.Endpoint), "--wait", "2");
        await database.Server.StopAsync();
        var gone = await RunStatusAsync(scenario, scenario.Database, "--wait", "2", "--json");
        var gonePlain = await RunStatusAsync(scenario, scenario.Database);
        await database.Server.StartAsync();

        foreach (var status in (ProgramResult[])[silent, gone, gonePlain])
        {
            status.ShouldExitWith(75).Output.ShouldBeEmpty();
            status.Error.ShouldContain("consumer: Database postgres://");
            status.Duration.ShouldBeLessThan(TimeSpan.FromSeconds(15));
        }

        await scenario.VerdictAsync();
    }

    // A look ends with a ROLLBACK. Whatever comes after one is of the next look, so the first was answered.
    private static async Task UntilReadAsync(FaultScenario scenario)
    {
        const string Statements =
            """
            SELECT coalesce(max(extract(epoch FROM query_start) * 1000000), 0)::bigint FROM pg_stat_activity
            WHERE application_name = 'csvingest' AND datname = current_database()
            """;
        var first = await scenario.UntilAsync($"{Statements} AND state = 'idle' AND query = 'ROLLBACK'", at => at > 0);
        await scenario.UntilAsync(Statements, at => at > first);
    }

    private static RunningProgram StartStatus(FaultScenario scenario, string database, params string[] flags) =>
        Programs.Start("consumer", ["status", .. flags, "--database", database], scenario.Folder);

    private static Task<ProgramResult> RunStatusAsync(FaultScenario scenario, string database, params string[] flags) =>
        Programs.RunAsync("consumer", ["status", .. flags, "--database", database], scenario.Folder);
}
