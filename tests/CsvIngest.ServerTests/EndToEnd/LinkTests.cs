using CsvIngest.ServerTests.Servers;
using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.EndToEnd;

/// <summary>F4: servers and programs are well, and what lies between them is not.</summary>
public sealed class LinkTests(BrokerServer brokers, DatabaseServer databases)
{
    [Fact]
    public async Task Slow_links_to_broker_and_database_make_it_slow_and_nothing_else()
    {
        await using var scenario = await FaultScenario.PrepareLinkedAsync(brokers, databases);
        var file = scenario.Write(2_000);
        scenario.BrokerLink.Delay = scenario.DatabaseLink.Delay = TimeSpan.FromMilliseconds(50);
        scenario.StartConsumer();

        var produced = await file.ProduceAsync("--rows-per-message", "20");
        await scenario.WaitUntilCompleteAsync(scenario.Folder, file.Import);
        scenario.BrokerLink.Delay = scenario.DatabaseLink.Delay = TimeSpan.Zero;

        (await scenario.VerdictAsync()).Redelivered.ShouldBe(0);
        produced.Error.ShouldNotContain("[WRN]");
        scenario.Ended.ShouldAllBe(consumer => !consumer.Error.Contains("[WRN]"));
    }

    [Fact]
    public async Task Connections_that_are_reset_are_made_again_on_both_links()
    {
        await using var scenario = await FaultScenario.PrepareLinkedAsync(brokers, databases);
        var file = scenario.Write(20_000);
        scenario.BrokerLink.Delay = TimeSpan.FromMilliseconds(5);
        scenario.StartConsumer("--prefetch", "20");
        await using var producer = file.StartProducer("--rows-per-message", "2");
        for (var reset = 1; reset <= 5; reset++)
        {
            await scenario.UntilStoredAsync(scenario.Random.Next((reset - 1) * 2000, reset * 2000) + 1);
            scenario.BrokerLink.Reset();
            await scenario.UntilStoredAsync(scenario.Random.Next(reset * 2000, (reset * 2000) + 500));
            scenario.DatabaseLink.Reset();
        }

        scenario.BrokerLink.Delay = TimeSpan.Zero;
        var result = await file.WaitForExitAsync(FaultScenario.Patience);

        (await scenario.VerdictAsync()).Redelivered.ShouldBePositive("nothing came again");
        result.ShouldSay("The publisher has no connection");
        scenario.Ended[0].ShouldSay("The receiver has no connection").ShouldSay("Lost the database");
    }

    // As shipped: 15 s without a confirm, two heartbeats of 15 s.
    [Fact(Explicit = true)]
    public async Task A_half_open_link_to_the_broker_is_given_up_and_replaced()
    {
        await using var scenario = await FaultScenario.PrepareLinkedAsync(brokers, databases);
        var file = scenario.Write(20_000);
        scenario.BrokerLink.Delay = TimeSpan.FromMilliseconds(10);
        var consumer = scenario.StartConsumer("--prefetch", "20");
        await using var producer = file.StartProducer("--rows-per-message", "1", "--broker-timeout", "2m");
        await scenario.UntilStoredAsync(scenario.Random.Next(1, 2000));
        scenario.BrokerLink.FallSilent();

        (await producer.WaitForErrorLine("The publisher has no connection", FaultScenario.Patience)).ShouldContain("nothing was confirmed");
        await consumer.WaitForErrorLine("The receiver has no connection", FaultScenario.Patience);
        scenario.BrokerLink.Recover();
        scenario.BrokerLink.Delay = TimeSpan.Zero;
        await consumer.WaitForErrorLine("again after", FaultScenario.Patience);

        (await file.WaitForExitAsync(FaultScenario.Patience)).Error.ShouldMatch("The publisher is connected to .* again after");
        (await scenario.VerdictAsync()).Redelivered.ShouldBePositive("nothing was in hand");
    }

    // As shipped, a statement that is not answered is given up after 60 s.
    [Fact(Explicit = true)]
    public async Task A_half_open_link_to_the_database_is_given_up_and_replaced()
    {
        await using var scenario = await FaultScenario.PrepareLinkedAsync(brokers, databases);
        var file = scenario.Write(20_000);
        await file.ProduceAsync("--rows-per-message", "5");
        var consumer = scenario.StartConsumer("--prefetch", "2");
        await scenario.UntilStoredAsync(scenario.Random.Next(1, 2000));
        scenario.DatabaseLink.FallSilent();
        var connections = scenario.DatabaseLink.Accepted;

        await consumer.WaitForErrorLine("Lost the database", FaultScenario.Patience);
        scenario.DatabaseLink.Recover();
        await consumer.WaitForErrorLine("is back after", FaultScenario.Patience);
        scenario.DatabaseLink.Accepted.ShouldBeGreaterThan(connections, "no other connection was made");
        scenario.StartConsumer();

        await scenario.VerdictAsync();
    }
}
