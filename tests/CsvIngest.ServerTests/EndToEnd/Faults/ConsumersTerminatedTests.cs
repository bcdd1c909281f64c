using System.Diagnostics;
using CsvIngest.ServerTests.EndToEnd.Harness;
using CsvIngest.ServerTests.Servers;
using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.EndToEnd.Faults;

/// <summary>Consumers are terminated while the queue is full of work.</summary>
public sealed class ConsumersTerminatedTests(BrokerServer brokers, DatabaseServer databases)
{
    private const int Prefetch = 200;

    [Fact]
    public async Task When_five_consumers_are_terminated_under_load_each_message_is_settled_or_handed_back()
    {
        await using var scenario = await FaultScenario.PrepareAsync(brokers, databases);
        var import = await scenario.ImportAsync(60_000);
        await scenario.Consumers.StartAsync(5);
        await scenario.Tables.UntilStoredAsync(scenario.Random.Next(1, 20_000));

        var clock = Stopwatch.StartNew();
        var ended = await scenario.Consumers.TerminateAsync();

        clock.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(30));
        ended.AlreadyApplied.ShouldBe(0);
        // Each is either in the ledger or in the queue.
        var applied = await scenario.Tables.CountAppliedAsync();
        applied.ShouldBeLessThan(import.Messages, "everything was applied before the signal");
        await scenario.Queues.UntilQueuedAsync(import.Messages - applied);

        var closing = await scenario.VerdictAsync();
        closing.AlreadyApplied.ShouldBe(0);
        closing.Redelivered.ShouldBeInRange(1, 5 * Prefetch);
    }
}
