using CsvIngest.ServerTests.Servers;
using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.Faults;

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
        await using var trial = await Trial.PrepareAsync(brokers, databases);
        await trial.ImportAsync(30_000);
        await EnterImportAsync(trial);
        await using (await trial.HoldTransactionsAsync())
        {
            var consumers = await trial.StartConsumersAsync(3);
            await trial.UntilHeldAsync(3);
            foreach (var victim in consumers.Take(victims))
            {
                await trial.KillAsync(victim);
            }
        }

        var closing = await trial.VerdictAsync();
        // What they had in their transaction at least, and at most all that they and the first consumer may hold.
        closing.Redelivered.ShouldBeInRange(victims, (victims * Prefetch) + FirstPrefetch);
        closing.AlreadyApplied.ShouldBe(0);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task When_consumers_are_killed_between_commit_and_ack_nothing_counts_twice(int victims)
    {
        await using var trial = await Trial.PrepareAsync(brokers, databases);
        await using var link = new TcpProxy(Endpoint.Of(trial.Broker));
        var import = await trial.ImportAsync(30_000);
        await EnterImportAsync(trial);
        long before;
        await using (await trial.HoldTransactionsAsync())
        {
            for (var i = 0; i < victims; i++)
            {
                trial.StartConsumerOn(Endpoint.Replace(trial.Broker, link.Endpoint), trial.Database);
            }

            await trial.UntilHeldAsync(victims);
            before = await trial.CountAsync(Slices);
            await trial.UntilQueuedAsync(import.Messages - before - (victims * Prefetch));
            link.FallSilent();
        }

        // The whole of what was in their transactions, at least. The broker does not hear of it.
        await trial.UntilAsync(Slices, slices => slices >= before + victims);
        foreach (var victim in trial.Consumers.ToList())
        {
            await trial.KillAsync(victim);
        }

        await trial.UntilAsync(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'csvingest' AND datname = current_database()",
            backends => backends == 0);
        var applied = await trial.CountAsync(Slices) - before;
        link.Reset();

        var closing = await trial.VerdictAsync();
        closing.AlreadyApplied.ShouldBe(applied);
        closing.Redelivered.ShouldBe(victims * Prefetch);
    }

    [Fact]
    public async Task When_consumers_are_killed_at_any_moment_nothing_is_lost_and_nothing_counts_twice()
    {
        await using var trial = await Trial.PrepareAsync(brokers, databases);
        await trial.ImportAsync(40_000);
        // A small prefetch makes many transactions, and so many different moments.
        await trial.StartConsumersAsync(2, "--prefetch", "20");
        for (var kill = 0; kill < 6; kill++)
        {
            await trial.StoreMoreAsync(trial.Random.Next(200, 3000));
            await trial.KillAsync(trial.Consumers[trial.Random.Next(trial.Consumers.Count)]);
            trial.StartConsumer("--prefetch", "20");
        }

        (await trial.VerdictAsync()).Redelivered.ShouldBePositive();
    }

    // The first transaction of an import enters it, and the others wait for that one: they would never be held side by side.
    private static async Task EnterImportAsync(Trial trial)
    {
        trial.StartConsumer("--prefetch", $"{FirstPrefetch}");
        await trial.UntilStoredAsync(1);
        await trial.TerminateAsync();
    }
}
