using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.EndToEnd;

/// <summary>F5: the database breaks off while it is being written to.</summary>
[Collection(nameof(BreakableDatabase))]
public sealed class DatabaseFaultTests(BreakableDatabase database)
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task When_the_database_is_restarted_or_killed_its_consumers_go_on(bool kill)
    {
        await using var scenario = await database.PrepareAsync();
        await scenario.ImportAsync(20_000, rowsPerMessage: 1);
        // One row a transaction: the consumer that is back first must not be through before the other one is back.
        var consumers = await scenario.StartConsumersAsync(2, "--prefetch", "2");
        for (var outage = 0; outage < 2; outage++)
        {
            await scenario.StoreMoreAsync(scenario.Random.Next(100, 500));
            await (kill ? database.Server.KillAsync() : database.Server.StopAsync());
            await Task.WhenAll(consumers.Select(consumer => consumer.WaitForErrorLine("Lost the database")));
            await database.Server.StartAsync();
            await Task.WhenAll(consumers.Select(consumer => consumer.WaitForErrorLine("is back after")));
        }

        // What was in hand stayed in hand.
        scenario.StartConsumer();
        (await scenario.VerdictAsync()).Redelivered.ShouldBe(0);
    }

    [Fact]
    public async Task When_backends_are_terminated_in_their_transactions_these_are_tried_again()
    {
        await using var scenario = await database.PrepareAsync();
        await scenario.ImportAsync(20_000);
        var consumers = await scenario.StartConsumersAsync(2, "--prefetch", "20");
        for (var terminated = 0L; terminated < 10 || !consumers.All(consumer => consumer.ToString().Contains("Lost the database"));)
        {
            await scenario.StoreMoreAsync(scenario.Random.Next(1, 1000));
            terminated += await scenario.TerminateBackendsAsync();
        }

        foreach (var consumer in consumers)
        {
            await consumer.WaitForErrorLine("is back after");
        }

        await scenario.VerdictAsync();
    }

    [Fact]
    public async Task When_the_connection_is_cut_during_the_commit_the_ledger_knows_what_went_in()
    {
        await using var scenario = await database.PrepareAsync();
        await using var link = new TcpProxy(Endpoint.Of(scenario.Database));
        await scenario.ImportAsync(20_000);
        var consumer = scenario.StartConsumerOn(scenario.Broker, Endpoint.Replace(scenario.Database, link.Endpoint), "--prefetch", "20");
        for (var cut = 0; cut < 5; cut++)
        {
            // What the server says when it has committed.
            await link.WithholdAsync("COMMIT\0").WaitAsync(FaultScenario.Patience);
            await consumer.WaitForErrorLine("is back after");
        }

        // Each cut was a transaction of ten messages at most.
        var closing = await scenario.VerdictAsync();
        closing.AlreadyApplied.ShouldBeInRange(5, 5 * 10);
    }

    [Fact]
    public async Task When_the_database_is_gone_for_ten_seconds_nothing_is_acked_and_the_log_says_so_once()
    {
        await using var scenario = await database.PrepareAsync();
        var ready = scenario.Folder["ready"];
        await scenario.ImportAsync(20_000);
        var consumer = scenario.StartConsumer("--prefetch", "20", "--ready-file", ready);
        await scenario.StoreMoreAsync(scenario.Random.Next(200, 3000));
        // It is looked at five times a second, and the first rows may be in before the first look.
        await scenario.UntilAsync(() => Task.FromResult(File.Exists(ready)));

        await database.Server.StopAsync();
        await consumer.WaitForErrorLine("Lost the database");
        await scenario.UntilAsync(() => Task.FromResult(!File.Exists(ready)));
        var queued = await scenario.QueuedAsync();
        // The fault itself: so long an outage.
        await Task.Delay(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        (await scenario.QueuedAsync()).ShouldBe(queued, "an ack would have fetched another message");
        File.Exists(ready).ShouldBeFalse();

        await database.Server.StartAsync();
        await consumer.WaitForErrorLine("is back after");
        await scenario.UntilAsync(() => Task.FromResult(File.Exists(ready)));
        LinesWith("Lost the database").ShouldBe(1);
        LinesWith("still away").ShouldBe(0);
        await scenario.VerdictAsync();
        File.Exists(ready).ShouldBeFalse("a consumer that has ended is not ready");

        int LinesWith(string text) => consumer.ToString().Split(text).Length - 1;
    }

    [Fact]
    public async Task When_a_consumer_is_terminated_while_the_database_is_away_it_hands_everything_back()
    {
        await using var scenario = await database.PrepareAsync();
        await scenario.ImportAsync(20_000);
        var consumers = await scenario.StartConsumersAsync(2);
        await scenario.StoreMoreAsync(1);
        await database.Server.StopAsync();
        await Task.WhenAll(consumers.Select(consumer => consumer.WaitForErrorLine("Lost the database")));

        var ended = await scenario.TerminateAsync();

        ended.AlreadyApplied.ShouldBe(0);
        await database.Server.StartAsync();
        var applied = await scenario.CountAsync("SELECT count(*) FROM import_slices");
        await scenario.UntilQueuedAsync(scenario.Messages - applied);
        (await scenario.VerdictAsync()).Redelivered.ShouldBePositive();
    }
}
