using CsvIngest.ServerTests.EndToEnd.Harness;
using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.EndToEnd.Faults;

/// <summary>The broker reports that its disk is full, and accepts no messages.</summary>
[Collection(nameof(BreakableBroker))]
public sealed class DiskAlarmTests(BreakableBroker servers)
{
    [Fact]
    public async Task When_the_broker_blocks_publishers_the_producer_reports_it_and_waits_longer_than_its_timeout()
    {
        await using var scenario = await servers.PrepareAsync();
        var file = scenario.Write(10_000);
        scenario.BrokerLink.Delay = TimeSpan.FromMilliseconds(10);
        await using var producer = file.StartProducer("--rows-per-message", "1", "--broker-timeout", "1s");
        await scenario.Queues.UntilQueuedAtLeastAsync(scenario.Random.Next(1, 2000));
        await servers.Server.SetDiskAlarmAsync();
        try
        {
            (await producer.WaitForErrorLine("The broker blocks publishers")).ShouldContain("disk");
            // Progress is reported every 10 s.
            (await producer.WaitForErrorLine("waiting for the broker")).ShouldContain("memory or disk alarm");
        }
        finally
        {
            await servers.Server.ClearDiskAlarmAsync();
        }

        scenario.BrokerLink.Delay = TimeSpan.Zero;
        await producer.WaitForErrorLine("The broker accepts messages again");
        await file.WaitForExitAsync();
        await scenario.VerdictAsync();
    }

    [Fact]
    public async Task A_blocked_producer_can_be_stopped_and_resumed()
    {
        await using var scenario = await servers.PrepareAsync();
        var file = scenario.Write(5_000);
        await servers.Server.SetDiskAlarmAsync();
        try
        {
            await using var producer = file.StartProducer("--rows-per-message", "1");
            await producer.WaitForErrorLine("The broker blocks publishers");
            producer.SendSignal(Signal.Terminate);
            var stopped = await producer.WaitForExitAsync(TimeSpan.FromSeconds(30));
            stopped.ShouldExitWith(130);
            stopped.ShouldSay(" 0 rows confirmed so far. Run the same command again");
        }
        finally
        {
            await servers.Server.ClearDiskAlarmAsync();
        }

        await file.ProduceAsync();
        await scenario.VerdictAsync();
    }
}
