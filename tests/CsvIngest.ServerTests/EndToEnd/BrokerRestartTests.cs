using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.EndToEnd;

/// <summary>F3: the broker goes away, in order or by kill -9, and comes back.</summary>
[Collection(nameof(BreakableBroker))]
public sealed class BrokerRestartTests(BreakableBroker servers)
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task When_the_broker_goes_during_publishing_the_producer_goes_on_by_itself(bool killed)
    {
        await using var scenario = await servers.PrepareAsync();
        var file = scenario.Write(10_000);
        scenario.BrokerLink.Delay = TimeSpan.FromMilliseconds(10);
        await using var producer = file.StartProducer("--rows-per-message", "1", "--broker-timeout", "2m", "--verbose");
        await scenario.UntilQueuedAtLeastAsync(scenario.Random.Next(1, 3000));

        await servers.RestartAsync(killed);
        scenario.BrokerLink.Delay = TimeSpan.Zero;
        var result = await file.WaitForExitAsync(FaultScenario.Patience);

        await scenario.VerdictAsync();
        result.ShouldSay("unconfirmed messages are published again");
        result.ShouldSay("The publisher has no connection");
        result.Error.ShouldMatch("The publisher is connected to .* again after");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task When_the_broker_goes_during_consuming_the_consumer_goes_on_by_itself(bool killed)
    {
        await using var scenario = await servers.PrepareAsync();
        var file = scenario.Write(20_000);
        await file.ProduceAsync("--rows-per-message", "5");
        // One message a transaction, so that it is not through before the broker is gone.
        var consumer = scenario.StartConsumer("--prefetch", "2");
        await scenario.UntilStoredAsync(scenario.Random.Next(1, 3000));

        await servers.RestartAsync(killed);
        await consumer.WaitForErrorLine("The receiver has no connection");
        await consumer.WaitForErrorLine("again after", FaultScenario.Patience);
        (await scenario.QueuedAsync()).ShouldBePositive("the fault came too late");
        scenario.StartConsumer();

        (await scenario.VerdictAsync()).Redelivered.ShouldBePositive("nothing was in hand");
    }
}
