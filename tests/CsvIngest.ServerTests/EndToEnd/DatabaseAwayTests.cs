using System.Diagnostics;
using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.EndToEnd;

/// <summary>F5: the database is not there, or not as it should be, when a consumer wants it.</summary>
[Collection(nameof(BreakableDatabase))]
public sealed class DatabaseAwayTests(BreakableDatabase database)
{
    [Fact]
    public async Task When_the_database_comes_after_the_consumer_the_consumer_waits_for_it()
    {
        await using var scenario = await database.PrepareAsync();
        await scenario.ImportAsync(2_000);
        var ready = scenario.Folder.Write("ready", "left by one that was killed");
        await database.Server.StopAsync();
        var consumer = scenario.StartConsumer("--ready-file", ready);

        await consumer.WaitForErrorLine("waiting up to 60 s");
        File.Exists(ready).ShouldBeFalse();
        await database.Server.StartAsync();

        await consumer.WaitForErrorLine("Consuming from");
        await scenario.VerdictAsync();
    }

    [Fact(Explicit = true)]
    public async Task When_the_database_does_not_come_the_consumer_gives_up_after_its_start_timeout()
    {
        await using var scenario = await database.PrepareAsync();
        await database.Server.StopAsync();
        var clock = Stopwatch.StartNew();

        var consumer = await scenario.RunConsumerAsync(["--drain", .. scenario.ConsumerFlags]);

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
        await using var consumer = Programs.Start("consumer", scenario.ConsumerFlags, scenario.Folder);
        await consumer.WaitForErrorLine("waiting up to 60 s");

        consumer.SendSignal(Signal.Terminate);

        (await consumer.WaitForExitAsync(TimeSpan.FromSeconds(30))).ShouldExitWith(0);
        await database.Server.StartAsync();
        await scenario.VerdictAsync();
    }

    [Fact]
    public async Task When_the_database_has_no_tables_the_consumer_says_what_to_do()
    {
        await using var scenario = await database.PrepareAsync();
        var empty = await database.CreateDatabaseAsync();

        var consumer = await scenario.RunConsumerAsync("--broker", scenario.Broker, "--database", empty, "--queue", scenario.Queue);

        consumer.ShouldExitWith(69).Error.ShouldContain("Run `consumer migrate`");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task When_the_table_is_dropped_the_consumer_ends_and_loses_nothing(bool idle)
    {
        await using var scenario = await database.PrepareAsync();
        await using var consumer = Programs.Start("consumer", scenario.ConsumerFlags, scenario.Folder);
        await consumer.WaitForErrorLine("Consuming from");
        await scenario.CountAsync("DROP TABLE contacts; SELECT 1");
        if (!idle)
        {
            await scenario.ImportAsync(2_000);
        }

        (await consumer.WaitForExitAsync()).ShouldExitWith(69).Error.ShouldContain("consumer migrate");

        (await scenario.RunConsumerAsync("migrate", "--database", scenario.Database)).ShouldExitWith(0);
        await scenario.VerdictAsync();
    }

    [Fact]
    public async Task When_the_database_goes_while_there_is_nothing_to_store_readiness_goes_too()
    {
        await using var scenario = await database.PrepareAsync();
        var ready = scenario.Folder["ready"];
        var consumer = scenario.StartConsumer("--ready-file", ready);
        await scenario.UntilAsync(() => Task.FromResult(File.Exists(ready)));

        await database.Server.StopAsync();
        await consumer.WaitForErrorLine("Lost the database");
        File.Exists(ready).ShouldBeFalse();

        await database.Server.StartAsync();
        await consumer.WaitForErrorLine("is back after");
        await scenario.UntilAsync(() => Task.FromResult(File.Exists(ready)));
        await scenario.VerdictAsync();
    }

    // Half open: connected, and nothing is answered. Nothing but the consumer's own deadline ends that.
    [Fact(Explicit = true)]
    public async Task When_a_consumer_is_terminated_while_the_database_answers_nothing_it_ends_in_time()
    {
        await using var scenario = await database.PrepareAsync();
        await using var link = new TcpProxy(Endpoint.Of(scenario.Database));
        await scenario.ImportAsync(30_000);
        scenario.StartConsumerOn(scenario.Broker, Endpoint.Replace(scenario.Database, link.Endpoint), "--prefetch", "20");
        await scenario.StoreMoreAsync(1);
        link.FallSilent();

        // Asserts 30 s and exit code 0.
        await scenario.TerminateAsync();

        link.Reset();
        await scenario.VerdictAsync();
    }
}
