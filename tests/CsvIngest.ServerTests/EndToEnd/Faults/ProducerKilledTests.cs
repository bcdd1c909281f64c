using CsvIngest.ServerTests.EndToEnd.Harness;
using CsvIngest.ServerTests.Servers;
using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.EndToEnd.Faults;

/// <summary>The producer is killed and the same command is run again.</summary>
public sealed class ProducerKilledTests(BrokerServer brokers, DatabaseServer databases)
{
    [Fact]
    public async Task When_the_producer_is_killed_ten_times_the_same_command_completes_its_import()
    {
        await using var scenario = await FaultScenario.PrepareLinkedAsync(brokers, databases);
        var file = scenario.Write(20_000);
        scenario.BrokerLink.Delay = TimeSpan.FromMilliseconds(10);
        var resumed = 0;
        for (var kill = 0; kill < 10; kill++)
        {
            var moment = await scenario.Queues.QueuedAsync() + scenario.Random.Next(0, 1800);
            await using var producer = file.StartProducer("--rows-per-message", "1");
            await scenario.Queues.UntilQueuedAtLeastAsync(moment);
            var killed = await producer.KillAsync();
            killed.ShouldExitWith(137);
            resumed += killed.Error.Contains("resuming after row", StringComparison.Ordinal) ? 1 : 0;
        }

        scenario.BrokerLink.Delay = TimeSpan.Zero;
        var last = await file.ProduceAsync();

        (await scenario.VerdictAsync()).AlreadyApplied.ShouldBePositive("nothing was published twice");
        last.ShouldSay("resuming after row");
        resumed.ShouldBePositive();
    }
}
