using CsvIngest.ServerTests.Servers;
using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.EndToEnd;

/// <summary>F2: consumers die with messages in hand.</summary>
public sealed class ConsumersKilledTests(BrokerServer brokers, DatabaseServer databases)
{
    private const int Prefetch = 200;
    private const int FirstPrefetch = 2;
    private const string Slices = "SELECT count(*) FROM import_slices";

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task When_consumers_are_killed_before_their_commit_they_leave_nothing(int victims)
    {
        await using var scenario = await FaultScenario.PrepareAsync(brokers, databases);
        await scenario.ImportAsync(30_000);
        await EnterImportAsync(scenario);
        await using (await scenario.HoldTransactionsAsync())
        {
            var consumers = await scenario.StartConsumersAsync(3);
            await scenario.UntilHeldAsync(3);
            foreach (var victim in consumers.Take(victims))
            {
                await scenario.KillAsync(victim);
            }
        }

        var closing = await scenario.VerdictAsync();
        // What they had in their transaction at least, and at most all that they and the first consumer may hold.
        closing.Redelivered.ShouldBeInRange(victims, (victims * Prefetch) + FirstPrefetch);
        closing.AlreadyApplied.ShouldBe(0);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task When_consumers_are_killed_between_commit_and_ack_nothing_counts_twice(int victims)
    {
        await using var scenario = await FaultScenario.PrepareAsync(brokers, databases);
        await using var link = new TcpProxy(Endpoint.Of(scenario.Broker));
        var import = await scenario.ImportAsync(30_000);
        await EnterImportAsync(scenario);
        long before;
        await using (await scenario.HoldTransactionsAsync())
        {
            for (var i = 0; i < victims; i++)
            {
                scenario.StartConsumerOn(Endpoint.Replace(scenario.Broker, link.Endpoint), scenario.Database);
            }

            await scenario.UntilHeldAsync(victims);
            before = await scenario.CountAsync(Slices);
            await scenario.UntilQueuedAsync(import.Messages - before - (victims * Prefetch));
            link.FallSilent();
        }

        // The whole of what was in their transactions, at least. The broker does not hear of it.
        await scenario.UntilAsync(Slices, slices => slices >= before + victims);
        foreach (var victim in scenario.Consumers.ToList())
        {
            await scenario.KillAsync(victim);
        }

        await scenario.UntilAsync(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'csvingest' AND datname = current_database()",
            backends => backends == 0);
        var applied = await scenario.CountAsync(Slices) - before;
        link.Reset();

        var closing = await scenario.VerdictAsync();
        closing.AlreadyApplied.ShouldBe(applied);
        closing.Redelivered.ShouldBe(victims * Prefetch);
    }

    [Fact]
    public async Task When_consumers_are_killed_at_any_moment_nothing_is_lost_and_nothing_counts_twice()
    {
        await using var scenario = await FaultScenario.PrepareAsync(brokers, databases);
        await scenario.ImportAsync(40_000);
        // A small prefetch makes many transactions, and so many different moments.
        await scenario.StartConsumersAsync(2, "--prefetch", "20");
        for (var kill = 0; kill < 6; kill++)
        {
            await scenario.StoreMoreAsync(scenario.Random.Next(200, 3000));
            await scenario.KillAsync(scenario.Consumers[scenario.Random.Next(scenario.Consumers.Count)]);
            scenario.StartConsumer("--prefetch", "20");
        }

        (await scenario.VerdictAsync()).Redelivered.ShouldBePositive();
    }

    // The first transaction of an import enters it, and the others wait for that one: they would never be held side by side.
    private static async Task EnterImportAsync(FaultScenario scenario)
    {
        scenario.StartConsumer("--prefetch", $"{FirstPrefetch}");
        await scenario.UntilStoredAsync(1);
        await scenario.TerminateAsync();
    }
}
