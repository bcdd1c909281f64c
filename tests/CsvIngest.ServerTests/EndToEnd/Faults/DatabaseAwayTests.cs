using System.Diagnostics;
using CsvIngest.ServerTests.EndToEnd.Harness;
using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.EndToEnd.Faults;

/// <summary>The database is unavailable when a consumer starts, or while it has nothing to store.</summary>
[Collection(nameof(BreakableDatabase))]
public sealed class DatabaseAwayTests(BreakableDatabase database)
{
    [Fact]
    public async Task When_the_database_starts_after_the_consumer_the_consumer_waits_for_it()
    {
        await using var scenario = await database.PrepareAsync();
        await scenario.ImportAsync(2_000);
        var ready = scenario.Folder.Write("ready", "left by a consumer that was killed");
        await database.Server.StopAsync();
        var consumer = scenario.Consumers.Start("--ready-file", ready);

        await consumer.WaitForErrorLine("retrying for up to 60 s");
        File.Exists(ready).ShouldBeFalse();
        await database.Server.StartAsync();

        await consumer.WaitForErrorLine("Consuming from");
        await scenario.VerdictAsync();
    }

    [Fact(Explicit = true)]
    public async Task When_the_database_does_not_start_the_consumer_gives_up_after_its_start_timeout()
    {
        await using var scenario = await database.PrepareAsync();
        await database.Server.StopAsync();
        var clock = Stopwatch.StartNew();

        var consumer = await scenario.Environment.DrainAsync();

        consumer.ShouldExitWith(75).Error.ShouldContain(Endpoint.Of(scenario.Database));
        clock.Elapsed.ShouldBeInRange(TimeSpan.FromSeconds(55), TimeSpan.FromSeconds(90));
        await database.Server.StartAsync();
        await scenario.VerdictAsync();
    }

    [Fact]
    public async Task When_a_consumer_is_terminated_while_it_waits_for_the_database_it_ends_at_once()
    {
        await using var scenario = await database.PrepareAsync();
        await database.Server.StopAsync();
        await using var consumer = Programs.Start("consumer", scenario.Environment.ConsumerFlags, scenario.Folder);
        await consumer.WaitForErrorLine("retrying for up to 60 s");

        consumer.SendSignal(Signal.Terminate);

        (await consumer.WaitForExitAsync(TimeSpan.FromSeconds(30))).ShouldExitWith(0);
        await database.Server.StartAsync();
        await scenario.VerdictAsync();
    }

    [Fact]
    public async Task When_the_database_stops_while_there_is_nothing_to_store_the_consumer_is_not_ready()
    {
        await using var scenario = await database.PrepareAsync();
        var ready = scenario.Folder["ready"];
        var consumer = scenario.Consumers.Start("--ready-file", ready);
        await scenario.UntilAsync(() => File.Exists(ready));

        await database.Server.StopAsync();
        await consumer.WaitForErrorLine("unavailable, retrying");
        File.Exists(ready).ShouldBeFalse();

        await database.Server.StartAsync();
        await consumer.WaitForErrorLine("available again after");
        await scenario.UntilAsync(() => File.Exists(ready));
        await scenario.VerdictAsync();
    }
}
