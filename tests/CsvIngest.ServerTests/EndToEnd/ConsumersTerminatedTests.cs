using System.Diagnostics;
using CsvIngest.ServerTests.Servers;
using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.EndToEnd;

/// <summary>F14: consumers are asked to end while there is much to do.</summary>
public sealed class ConsumersTerminatedTests(BrokerServer brokers, DatabaseServer databases)
{
    private const int Prefetch = 200;

    [Fact]
    public async Task When_five_consumers_are_terminated_under_load_each_message_is_settled_or_handed_back()
    {
        await using var scenario = await FaultScenario.PrepareAsync(brokers, databases);
        await scenario.ImportAsync(60_000);
        await scenario.StartConsumersAsync(5);
        await scenario.UntilStoredAsync(scenario.Random.Next(1, 20_000));

        var clock = Stopwatch.StartNew();
        var ended = await scenario.TerminateAsync();

        clock.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(30));
        ended.AlreadyApplied.ShouldBe(0);
        // In the ledger or in the queue, none in both and none in neither.
        var applied = await scenario.CountAsync("SELECT (SELECT count(*) FROM import_slices) + (SELECT count(closed_at) FROM imports)");
        applied.ShouldBeLessThan(scenario.Messages, "all was done before the signal");
        await scenario.UntilQueuedAsync(scenario.Messages - applied);

        var closing = await scenario.VerdictAsync();
        closing.AlreadyApplied.ShouldBe(0);
        closing.Redelivered.ShouldBeInRange(1, 5 * Prefetch);
    }
}
