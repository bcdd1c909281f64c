using CsvIngest.ServerTests.EndToEnd.Harness;
using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.EndToEnd.Faults;

/// <summary>The broker is stopped for longer than the producer waits, and an orchestrator watches the consumer meanwhile.</summary>
[Collection(nameof(BreakableBroker))]
public sealed class BrokerAwayTests(BreakableBroker servers)
{
    [Fact]
    public async Task When_the_broker_stays_away_the_producer_ends_with_75_and_resumes_later()
    {
        await using var scenario = await servers.PrepareAsync();
        var file = scenario.Write(10_000);
        scenario.BrokerLink.Delay = TimeSpan.FromMilliseconds(10);
        await using var producer = file.StartProducer("--rows-per-message", "1", "--broker-timeout", "2s");
        await scenario.Queues.UntilQueuedAtLeastAsync(scenario.Random.Next(500, 2000));
        await servers.Server.StopAsync();
        try
        {
            var ended = await file.WaitForExitAsync();
            ended.ShouldExitWith(75);
            ended.ShouldSay("confirmed nothing for 2 s");
            ended.Error.ShouldMatch(@" [1-9][\d,]* rows confirmed so far\. Run the same command again to resume\.");
            ended.Json().GetProperty("outcome").GetString().ShouldBe("failed");
        }
        finally
        {
            await servers.Server.StartAsync();
        }

        scenario.BrokerLink.Delay = TimeSpan.Zero;
        var resumed = await file.ProduceAsync();

        await scenario.VerdictAsync();
        resumed.ShouldSay("resuming after row");
    }

    [Fact]
    public async Task When_the_broker_is_unavailable_the_consumer_is_not_ready_until_it_is_back()
    {
        await using var scenario = await servers.PrepareAsync();
        var ready = scenario.Folder["ready"];
        var consumer = scenario.Consumers.Start("--ready-file", ready);
        await scenario.UntilAsync(() => File.Exists(ready));

        await servers.Server.StopAsync();
        try
        {
            await consumer.WaitForErrorLine("Receiver disconnected");
            await scenario.UntilAsync(() => !File.Exists(ready));
        }
        finally
        {
            await servers.Server.StartAsync();
        }

        await scenario.UntilAsync(() => File.Exists(ready));
        await scenario.VerdictAsync();
    }
}
