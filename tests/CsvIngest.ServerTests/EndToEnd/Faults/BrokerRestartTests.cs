using CsvIngest.ServerTests.EndToEnd.Harness;
using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.EndToEnd.Faults;

/// <summary>The broker is stopped or killed, and starts again.</summary>
[Collection(nameof(BreakableBroker))]
public sealed class BrokerRestartTests(BreakableBroker servers)
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task When_the_broker_restarts_during_publishing_the_producer_resumes_by_itself(bool killed)
    {
        await using var scenario = await servers.PrepareAsync();
        var file = scenario.Write(10_000);
        scenario.BrokerLink.Delay = TimeSpan.FromMilliseconds(10);
        await using var producer = file.StartProducer("--rows-per-message", "1", "--broker-timeout", "2m", "--verbose");
        await scenario.Queues.UntilQueuedAtLeastAsync(scenario.Random.Next(1, 3000));

        await servers.Server.RestartAsync(killed);
        scenario.BrokerLink.Delay = TimeSpan.Zero;
        var result = await file.WaitForExitAsync(Poll.Timeout);

        await scenario.VerdictAsync();
        result.ShouldSay("unconfirmed messages again on the next connection");
        result.ShouldSay("Publisher disconnected");
        result.Error.ShouldMatch("Publisher reconnected to .* after");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task When_the_broker_restarts_during_consuming_the_consumer_resumes_by_itself(bool killed)
    {
        await using var scenario = await servers.PrepareAsync();
        var file = scenario.Write(20_000);
        await file.ProduceAsync("--rows-per-message", "5");
        // One message per transaction, so that it does not finish before the broker is gone.
        var consumer = scenario.Consumers.Start("--prefetch", "2");
        await scenario.Tables.UntilStoredAsync(scenario.Random.Next(1, 3000));

        await servers.Server.RestartAsync(killed);
        await consumer.WaitForErrorLine("Receiver disconnected");
        await consumer.WaitForErrorLine("Receiver reconnected", Poll.Timeout);
        (await scenario.Queues.QueuedAsync()).ShouldBePositive("the fault came too late");
        scenario.Consumers.Start();

        (await scenario.VerdictAsync()).Redelivered.ShouldBePositive("nothing was in hand");
    }
}
