using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.Faults;

/// <summary>F3: the broker goes away, in order or by kill -9, and comes back.</summary>
[Collection(nameof(BreakableBroker))]
public sealed class BrokerRestartTests(BreakableBroker servers)
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task When_the_broker_goes_during_publishing_the_producer_goes_on_by_itself(bool killed)
    {
        await using var run = await FaultRun.PrepareAsync(servers, rows: 10_000);
        await servers.AgeQueuesAsync();
        run.BrokerLink.Delay = TimeSpan.FromMilliseconds(10);
        await using var producer = run.StartProducer("--rows-per-message", "1", "--broker-timeout", "2m");
        await run.UntilQueuedAsync(run.Random.Next(1, 3000));

        await servers.RestartAsync(killed);
        run.BrokerLink.Delay = TimeSpan.Zero;
        var result = await producer.WaitForExitAsync(FaultRun.Patience);

        await run.VerdictAsync(result);
        result.ShouldSay("The publisher has no connection");
        result.Error.ShouldMatch("The publisher is connected to .* again after");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task When_the_broker_goes_during_consuming_the_consumer_goes_on_by_itself(bool killed)
    {
        await using var run = await FaultRun.PrepareAsync(servers, rows: 20_000);
        await servers.AgeQueuesAsync();
        var produced = await run.ProduceAsync("--rows-per-message", "5");
        // One message a transaction, so that it is not through before the broker is gone.
        await using var consumer = run.StartConsumer("--prefetch", "2");
        await run.UntilStoredAsync(run.Random.Next(1, 3000));

        await servers.RestartAsync(killed);
        await consumer.WaitForErrorLine("The receiver has no connection");
        await consumer.WaitForErrorLine("again after", FaultRun.Patience);
        (await run.QueuedAsync()).ShouldBePositive("the fault came too late");
        await using var second = run.StartConsumer();

        await run.VerdictAsync(produced, consumer, second);
    }
}
