using CsvIngest.ServerTests.EndToEnd.Harness;
using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.EndToEnd.Faults;

/// <summary>The database fails while consumers write to it.</summary>
[Collection(nameof(BreakableDatabase))]
public sealed class DatabaseFaultTests(BreakableDatabase database)
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task When_the_database_is_restarted_or_killed_its_consumers_resume(bool kill)
    {
        const int Outages = 2;
        await using var scenario = await database.PrepareAsync();
        await scenario.ImportAsync(20_000, rowsPerMessage: 1);
        // One row per transaction: the consumer that reconnects first must not finish before the other one has reconnected.
        var consumers = await scenario.Consumers.StartAsync(2, "--prefetch", "2");
        for (var outage = 0; outage < Outages; outage++)
        {
            await scenario.Tables.UntilStoredMoreAsync(scenario.Random.Next(100, 500));
            await (kill ? database.Server.KillAsync() : database.Server.StopAsync());
            await Task.WhenAll(consumers.Select(consumer => consumer.WaitForErrorLine("unavailable, retrying")));
            await database.Server.StartAsync();
            await Task.WhenAll(consumers.Select(consumer => consumer.WaitForErrorLine("available again after")));
        }

        scenario.Consumers.Start();
        var closing = await scenario.VerdictAsync();

        // The consumers kept the messages that they held. Each may have lost the answer to one commit per outage: the ledger has that row.
        (closing.Redelivered - closing.AlreadyApplied).ShouldBe(0);
        closing.AlreadyApplied.ShouldBeInRange(0, consumers.Count * Outages);
    }

    [Fact]
    public async Task When_the_database_is_unavailable_for_seconds_nothing_is_acked_and_the_outage_is_logged_once()
    {
        await using var scenario = await database.PrepareAsync();
        var ready = scenario.Folder["ready"];
        await scenario.ImportAsync(20_000);
        var consumer = scenario.Consumers.Start("--prefetch", "20", "--ready-file", ready);
        await scenario.Tables.UntilStoredMoreAsync(scenario.Random.Next(200, 3000));
        // Readiness is checked five times per second, and the first rows may be stored before the first check.
        await scenario.UntilAsync(() => File.Exists(ready));

        await database.Server.StopAsync();
        await consumer.WaitForErrorLine("unavailable, retrying");
        await scenario.UntilAsync(() => !File.Exists(ready));
        var queued = await scenario.Queues.QueuedAsync();
        // The length of the outage: several attempts of the consumer, and less than the 30 s after which it is logged again.
        await Task.Delay(TimeSpan.FromSeconds(4), TestContext.Current.CancellationToken);
        (await scenario.Queues.QueuedAsync()).ShouldBe(queued, "an ack would have fetched another message");
        File.Exists(ready).ShouldBeFalse();

        await database.Server.StartAsync();
        await consumer.WaitForErrorLine("available again after");
        await scenario.UntilAsync(() => File.Exists(ready));
        LinesWith("unavailable, retrying").ShouldBe(1);
        LinesWith("still unavailable").ShouldBe(0);
        await scenario.VerdictAsync();
        File.Exists(ready).ShouldBeFalse("a consumer that has ended is not ready");

        int LinesWith(string text) => consumer.ToString().Split(text).Length - 1;
    }

    [Fact]
    public async Task When_a_consumer_is_terminated_while_the_database_is_unavailable_it_hands_everything_back()
    {
        await using var scenario = await database.PrepareAsync();
        var import = await scenario.ImportAsync(20_000);
        var consumers = await scenario.Consumers.StartAsync(2);
        await scenario.Tables.UntilStoredMoreAsync(1);
        await database.Server.StopAsync();
        await Task.WhenAll(consumers.Select(consumer => consumer.WaitForErrorLine("unavailable, retrying")));

        var ended = await scenario.Consumers.TerminateAsync();

        ended.AlreadyApplied.ShouldBe(0);
        await database.Server.StartAsync();
        var applied = await scenario.Tables.CountAppliedAsync();
        await scenario.Queues.UntilQueuedAsync(import.Messages - applied);
        (await scenario.VerdictAsync()).Redelivered.ShouldBePositive();
    }
}
