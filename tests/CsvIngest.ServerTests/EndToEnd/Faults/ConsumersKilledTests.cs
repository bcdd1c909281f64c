using CsvIngest.ServerTests.EndToEnd.Harness;
using CsvIngest.ServerTests.Servers;
using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.EndToEnd.Faults;

/// <summary>Consumers are killed while they hold messages.</summary>
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
        await RecordImportAsync(scenario);
        await using (await scenario.Tables.HoldTransactionsAsync())
        {
            var consumers = await scenario.Consumers.StartAsync(3);
            await scenario.Tables.UntilHeldAsync(3);
            foreach (var victim in consumers.Take(victims))
            {
                await scenario.Consumers.KillAsync(victim);
            }
        }

        var closing = await scenario.VerdictAsync();
        // At least what their transactions held, and at most all that they and the first consumer may hold.
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
        await RecordImportAsync(scenario);
        long before;
        await using (await scenario.Tables.HoldTransactionsAsync())
        {
            for (var i = 0; i < victims; i++)
            {
                scenario.Consumers.StartOn(Endpoint.Replace(scenario.Broker, link.Endpoint), scenario.Database);
            }

            await scenario.Tables.UntilHeldAsync(victims);
            before = await scenario.Tables.CountAsync(Slices);
            await scenario.Queues.UntilQueuedAsync(import.Messages - await scenario.Tables.CountAppliedAsync() - (victims * Prefetch));
            link.FallSilent();
        }

        // At least everything that was in their transactions. No ack reaches the broker.
        await scenario.Tables.UntilAsync(Slices, slices => slices >= before + victims);
        foreach (var victim in scenario.Consumers.Running.ToList())
        {
            await scenario.Consumers.KillAsync(victim);
        }

        await scenario.Tables.UntilAsync(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'csvingest' AND datname = current_database()",
            backends => backends == 0);
        var applied = await scenario.Tables.CountAsync(Slices) - before;
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
        await scenario.Consumers.StartAsync(2, "--prefetch", "20");
        for (var kill = 0; kill < 6; kill++)
        {
            await scenario.Tables.UntilStoredMoreAsync(scenario.Random.Next(200, 3000));
            await scenario.Consumers.KillAsync(scenario.Consumers.Running[scenario.Random.Next(scenario.Consumers.Running.Count)]);
            scenario.Consumers.Start("--prefetch", "20");
        }

        (await scenario.VerdictAsync()).Redelivered.ShouldBePositive();
    }

    // The first transaction of an import records it, and all others wait for that one: they could not be held at the same time.
    private static async Task RecordImportAsync(FaultScenario scenario)
    {
        scenario.Consumers.Start("--prefetch", $"{FirstPrefetch}");
        await scenario.Tables.UntilStoredAsync(1);
        await scenario.Consumers.TerminateAsync();
    }
}
