using CsvIngest.ServerTests.EndToEnd.Harness;
using CsvIngest.ServerTests.Servers;
using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.EndToEnd.Faults;

/// <summary>The producer is interrupted and later run again.</summary>
public sealed class ProducerInterruptedTests(BrokerServer brokers, DatabaseServer databases)
{
    [Theory]
    [InlineData(Signal.Interrupt)]
    [InlineData(Signal.Terminate)]
    public async Task When_the_producer_is_interrupted_nothing_is_published_twice(Signal signal)
    {
        await using var scenario = await FaultScenario.PrepareLinkedAsync(brokers, databases);
        var file = scenario.Write(10_000);
        scenario.BrokerLink.Delay = TimeSpan.FromMilliseconds(10);
        await using var producer = file.StartProducer("--rows-per-message", "1");
        await scenario.UntilMidwayAsync(scenario.Random.Next(1, 2000));
        producer.SendSignal(signal);

        var stopped = await file.WaitForExitAsync();
        stopped.ShouldExitWith(130);
        stopped.Json().GetProperty("outcome").GetString().ShouldBe("interrupted");
        var sent = await scenario.Queues.QueuedSlicesAsync();
        stopped.ShouldSay($" {sent:N0} rows confirmed so far. Run the same command again to resume.");

        scenario.BrokerLink.Delay = TimeSpan.Zero;
        var resumed = await file.ProduceAsync();

        resumed.ShouldSay($"resuming after row {sent:N0};");
        (await scenario.VerdictAsync()).Redelivered.ShouldBe(0);
    }

    [Fact]
    public async Task A_producer_that_waits_for_a_pipe_can_be_interrupted()
    {
        await using var scenario = await FaultScenario.PrepareLinkedAsync(brokers, databases);
        var file = scenario.Write(100);
        foreach (var soFar in (string[])["", "email,name\npipe.a@example.com,A\n"])
        {
            scenario.Folder.Write("start", soFar);
            // A pipe that the producer itself holds open for writing never ends.
            await using var producer = Programs.Start(
                "bash",
                ["-c", "rm -f pipe && mkfifo pipe && exec 3<>pipe && cat start >&3 && exec \"$@\" <&3", "bash",
                    Path.Combine(Programs.FolderOf("producer"), "producer"), "--file", "-", .. scenario.Environment.ProducerFlags],
                scenario.Folder);
            await producer.WaitForErrorLine("Publishing to queue");
            producer.SendSignal(Signal.Terminate);

            (await producer.WaitForExitAsync(TimeSpan.FromSeconds(20))).ShouldExitWith(130).ShouldSay("interrupted");
        }

        await file.ProduceAsync();
        await scenario.VerdictAsync();
    }
}
