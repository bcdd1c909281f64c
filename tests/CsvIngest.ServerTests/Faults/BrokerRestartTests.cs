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
        await using var trial = await servers.PrepareAsync();
        var file = trial.Write(10_000);
        trial.BrokerLink.Delay = TimeSpan.FromMilliseconds(10);
        await using var producer = file.StartProducer("--rows-per-message", "1", "--broker-timeout", "2m", "--verbose");
        await trial.UntilQueuedAtLeastAsync(trial.Random.Next(1, 3000));

        await servers.RestartAsync(killed);
        trial.BrokerLink.Delay = TimeSpan.Zero;
        var result = await file.WaitForExitAsync(Trial.Patience);

        await trial.VerdictAsync();
        result.ShouldSay("unconfirmed messages are published again");
        result.ShouldSay("The publisher has no connection");
        result.Error.ShouldMatch("The publisher is connected to .* again after");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task When_the_broker_goes_during_consuming_the_consumer_goes_on_by_itself(bool killed)
    {
        await using var trial = await servers.PrepareAsync();
        var file = trial.Write(20_000);
        await file.ProduceAsync("--rows-per-message", "5");
        // One message a transaction, so that it is not through before the broker is gone.
        var consumer = trial.StartConsumer("--prefetch", "2");
        await trial.UntilStoredAsync(trial.Random.Next(1, 3000));

        await servers.RestartAsync(killed);
        await consumer.WaitForErrorLine("The receiver has no connection");
        await consumer.WaitForErrorLine("again after", Trial.Patience);
        (await trial.QueuedAsync()).ShouldBePositive("the fault came too late");
        trial.StartConsumer();

        (await trial.VerdictAsync()).Redelivered.ShouldBePositive("nothing was in hand");
    }
}
