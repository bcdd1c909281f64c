using CsvIngest.ServerTests.Servers;
using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.Faults;

/// <summary>F4: servers and programs are well, and what lies between them is not.</summary>
public sealed class LinkTests(BrokerServer brokers, DatabaseServer databases)
{
    [Fact]
    public async Task Slow_links_to_broker_and_database_make_it_slow_and_nothing_else()
    {
        await using var trial = await Trial.PrepareLinkedAsync(brokers, databases);
        var file = trial.Write(2_000);
        trial.BrokerLink.Delay = trial.DatabaseLink.Delay = TimeSpan.FromMilliseconds(50);
        trial.StartConsumer();

        var produced = await file.ProduceAsync("--rows-per-message", "20");
        await trial.WaitUntilCompleteAsync(trial.Folder, file.Import);
        trial.BrokerLink.Delay = trial.DatabaseLink.Delay = TimeSpan.Zero;

        (await trial.VerdictAsync()).Redelivered.ShouldBe(0);
        produced.Error.ShouldNotContain("[WRN]");
        trial.Ended.ShouldAllBe(consumer => !consumer.Error.Contains("[WRN]"));
    }

    [Fact]
    public async Task Connections_that_are_reset_are_made_again_on_both_links()
    {
        await using var trial = await Trial.PrepareLinkedAsync(brokers, databases);
        var file = trial.Write(20_000);
        trial.BrokerLink.Delay = TimeSpan.FromMilliseconds(5);
        trial.StartConsumer("--prefetch", "20");
        await using var producer = file.StartProducer("--rows-per-message", "2");
        for (var reset = 1; reset <= 5; reset++)
        {
            await trial.UntilStoredAsync(trial.Random.Next((reset - 1) * 2000, reset * 2000) + 1);
            trial.BrokerLink.Reset();
            await trial.UntilStoredAsync(trial.Random.Next(reset * 2000, (reset * 2000) + 500));
            trial.DatabaseLink.Reset();
        }

        trial.BrokerLink.Delay = TimeSpan.Zero;
        var result = await file.WaitForExitAsync(Trial.Patience);

        (await trial.VerdictAsync()).Redelivered.ShouldBePositive("nothing came again");
        result.ShouldSay("The publisher has no connection");
        trial.Ended[0].ShouldSay("The receiver has no connection").ShouldSay("Lost the database");
    }

    // As shipped: 15 s without a confirm, two heartbeats of 15 s.
    [Fact(Explicit = true)]
    public async Task A_half_open_link_to_the_broker_is_given_up_and_replaced()
    {
        await using var trial = await Trial.PrepareLinkedAsync(brokers, databases);
        var file = trial.Write(20_000);
        trial.BrokerLink.Delay = TimeSpan.FromMilliseconds(10);
        var consumer = trial.StartConsumer("--prefetch", "20");
        await using var producer = file.StartProducer("--rows-per-message", "1", "--broker-timeout", "2m");
        await trial.UntilStoredAsync(trial.Random.Next(1, 2000));
        trial.BrokerLink.FallSilent();

        (await producer.WaitForErrorLine("The publisher has no connection", Trial.Patience)).ShouldContain("nothing was confirmed");
        await consumer.WaitForErrorLine("The receiver has no connection", Trial.Patience);
        trial.BrokerLink.Recover();
        trial.BrokerLink.Delay = TimeSpan.Zero;
        await consumer.WaitForErrorLine("again after", Trial.Patience);

        (await file.WaitForExitAsync(Trial.Patience)).Error.ShouldMatch("The publisher is connected to .* again after");
        (await trial.VerdictAsync()).Redelivered.ShouldBePositive("nothing was in hand");
    }

    // As shipped, a statement that is not answered is given up after 60 s.
    [Fact(Explicit = true)]
    public async Task A_half_open_link_to_the_database_is_given_up_and_replaced()
    {
        await using var trial = await Trial.PrepareLinkedAsync(brokers, databases);
        var file = trial.Write(20_000);
        await file.ProduceAsync("--rows-per-message", "5");
        var consumer = trial.StartConsumer("--prefetch", "2");
        await trial.UntilStoredAsync(trial.Random.Next(1, 2000));
        trial.DatabaseLink.FallSilent();
        var connections = trial.DatabaseLink.Accepted;

        await consumer.WaitForErrorLine("Lost the database", Trial.Patience);
        trial.DatabaseLink.Recover();
        await consumer.WaitForErrorLine("is back after", Trial.Patience);
        trial.DatabaseLink.Accepted.ShouldBeGreaterThan(connections, "no other connection was made");
        trial.StartConsumer();

        await trial.VerdictAsync();
    }
}
