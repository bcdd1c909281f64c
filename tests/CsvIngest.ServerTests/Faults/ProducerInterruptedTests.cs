using CsvIngest.Contracts;
using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.Faults;

/// <summary>The producer is told to stop, and later to go on.</summary>
[Collection(nameof(BreakableBroker))]
public sealed class ProducerInterruptedTests(BreakableBroker servers)
{
    [Theory]
    [InlineData(Signal.Interrupt)]
    [InlineData(Signal.Terminate)]
    public async Task When_the_producer_is_told_to_stop_it_leaves_nothing_to_be_sent_twice(Signal signal)
    {
        await using var run = await FaultRun.PrepareAsync(servers, rows: 10_000);
        run.BrokerLink.Delay = TimeSpan.FromMilliseconds(10);
        await using var producer = run.StartProducer("--rows-per-message", "1");
        await run.UntilQueuedAsync(run.Random.Next(1, 2000));
        producer.SendSignal(signal);

        var stopped = await producer.WaitForExitAsync();
        stopped.ShouldExitWith(130);
        stopped.Json().GetProperty("outcome").GetString().ShouldBe("interrupted");
        var sent = await run.QueuedAsync();
        stopped.ShouldSay($" {sent:N0} rows are confirmed so far; run the same command again to go on after them");

        run.BrokerLink.Delay = TimeSpan.Zero;
        var resumed = await run.ProduceAsync();

        resumed.ShouldSay($"Resuming after slice {sent}:");
        (await run.VerdictAsync(resumed)).ShouldBe(0, "redelivered");
    }

    [Theory]
    [InlineData("")]
    [InlineData("email,name\npipe.a@example.com,A\n")]
    public async Task A_producer_that_waits_for_a_pipe_can_be_told_to_stop(string soFar)
    {
        await using var run = await FaultRun.PrepareAsync(servers, rows: 100);
        run.Folder.Write("start", soFar);
        // A pipe that the producer itself holds open for writing never ends.
        await using var producer = Programs.Start(
            "bash",
            ["-c", "mkfifo pipe && exec 3<>pipe && cat start >&3 && exec \"$@\" <&3", "bash",
                Path.Combine(Programs.FolderOf("producer"), "producer"), "--file", "-", .. run.ProducerFlags],
            run.Folder);
        await producer.WaitForErrorLine("Publishing to queue");
        producer.SendSignal(Signal.Terminate);

        (await producer.WaitForExitAsync(TimeSpan.FromSeconds(20))).ShouldExitWith(130).ShouldSay("interrupted");

        await run.VerdictAsync(await run.ProduceAsync());
    }
}
