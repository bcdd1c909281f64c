using CsvIngest.ServerTests.EndToEnd.Harness;
using CsvIngest.ServerTests.Servers;
using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.EndToEnd.Faults;

/// <summary>The network between programs and servers fails.</summary>
public sealed class LinkTests(BrokerServer brokers, DatabaseServer databases)
{
    [Fact]
    public async Task Slow_links_to_broker_and_database_only_slow_the_import_down()
    {
        await using var scenario = await FaultScenario.PrepareLinkedAsync(brokers, databases);
        var file = scenario.Write(2_000);
        scenario.BrokerLink.Delay = scenario.DatabaseLink.Delay = TimeSpan.FromMilliseconds(50);
        scenario.Consumers.Start();

        var produced = await file.ProduceAsync("--rows-per-message", "20");
        await scenario.Environment.WaitUntilCompleteAsync(file.Import);
        scenario.BrokerLink.Delay = scenario.DatabaseLink.Delay = TimeSpan.Zero;

        (await scenario.VerdictAsync()).Redelivered.ShouldBe(0);
        produced.Error.ShouldNotContain("[WRN]");
        scenario.Consumers.Ended.ShouldAllBe(consumer => !consumer.Error.Contains("[WRN]"));
    }

    [Fact]
    public async Task An_idle_connection_that_the_server_closes_is_no_outage()
    {
        await using var scenario = await FaultScenario.PrepareAsync(brokers, databases);
        await using (var session = await scenario.Environment.ConnectAsync())
        {
            await using var command = session.CreateCommand();
            command.CommandText = "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET idle_session_timeout = ''1s''', current_database()); END $$";
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        var consumer = scenario.Consumers.Start();
        await consumer.WaitForErrorLine("Consuming from");
        // An idle consumer checks the database every 5 s.
        await Task.Delay(TimeSpan.FromSeconds(12), TestContext.Current.CancellationToken);
        consumer.ToString().ShouldNotContain("[WRN]");

        await scenario.ImportAsync(100);
        await scenario.VerdictAsync();
    }

    [Fact]
    public async Task Connections_that_are_reset_are_replaced_on_both_links()
    {
        await using var scenario = await FaultScenario.PrepareLinkedAsync(brokers, databases);
        var file = scenario.Write(20_000);
        scenario.BrokerLink.Delay = TimeSpan.FromMilliseconds(5);
        scenario.Consumers.Start("--prefetch", "20");
        await using var producer = file.StartProducer("--rows-per-message", "2");
        for (var reset = 1; reset <= 5; reset++)
        {
            await scenario.Tables.UntilStoredAsync(scenario.Random.Next((reset - 1) * 2000, reset * 2000) + 1);
            scenario.BrokerLink.Reset();
            await scenario.Tables.UntilStoredAsync(scenario.Random.Next(reset * 2000, (reset * 2000) + 500));
            scenario.DatabaseLink.Reset();
        }

        scenario.BrokerLink.Delay = TimeSpan.Zero;
        var result = await file.WaitForExitAsync(Poll.Timeout);

        (await scenario.VerdictAsync()).Redelivered.ShouldBePositive("nothing was redelivered");
        result.ShouldSay("Publisher disconnected");
        scenario.Consumers.Ended[0].ShouldSay("Receiver disconnected").ShouldSay("unavailable, retrying");
    }

    // With the default timeouts: 15 s without a confirm, two heartbeats of 15 s.
    [Fact(Explicit = true)]
    public async Task A_half_open_link_to_the_broker_is_detected_and_replaced()
    {
        await using var scenario = await FaultScenario.PrepareLinkedAsync(brokers, databases);
        var file = scenario.Write(20_000);
        scenario.BrokerLink.Delay = TimeSpan.FromMilliseconds(10);
        var consumer = scenario.Consumers.Start("--prefetch", "20");
        await using var producer = file.StartProducer("--rows-per-message", "1", "--broker-timeout", "2m");
        await scenario.Tables.UntilStoredAsync(scenario.Random.Next(1, 2000));
        scenario.BrokerLink.FallSilent();

        (await producer.WaitForErrorLine("Publisher disconnected", Poll.Timeout)).ShouldContain("nothing was confirmed");
        await consumer.WaitForErrorLine("Receiver disconnected", Poll.Timeout);
        scenario.BrokerLink.Recover();
        scenario.BrokerLink.Delay = TimeSpan.Zero;
        await consumer.WaitForErrorLine("Receiver reconnected", Poll.Timeout);

        (await file.WaitForExitAsync(Poll.Timeout)).Error.ShouldMatch("Publisher reconnected to .* after");
        (await scenario.VerdictAsync()).Redelivered.ShouldBePositive("nothing was held");
    }

    // By default, a statement without an answer is given up after 60 s.
    [Fact(Explicit = true)]
    public async Task A_half_open_link_to_the_database_is_detected_and_replaced()
    {
        await using var scenario = await FaultScenario.PrepareLinkedAsync(brokers, databases);
        var file = scenario.Write(20_000);
        await file.ProduceAsync("--rows-per-message", "5");
        var consumer = scenario.Consumers.Start("--prefetch", "2");
        await scenario.Tables.UntilStoredAsync(scenario.Random.Next(1, 2000));
        scenario.DatabaseLink.FallSilent();
        var connections = scenario.DatabaseLink.Accepted;

        await consumer.WaitForErrorLine("unavailable, retrying", Poll.Timeout);
        scenario.DatabaseLink.Recover();
        await consumer.WaitForErrorLine("available again after", Poll.Timeout);
        scenario.DatabaseLink.Accepted.ShouldBeGreaterThan(connections, "no other connection was made");
        scenario.Consumers.Start();

        await scenario.VerdictAsync();
    }
}
