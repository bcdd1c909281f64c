using System.Text.Json;
using CsvIngest.ServerTests.EndToEnd.Harness;
using CsvIngest.ServerTests.Servers;
using CsvIngest.Testing;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.EndToEnd.Faults;

/// <summary>Every consumer dies of the messages it takes, until all that it held have reached the broker's delivery limit.</summary>
public sealed class CrashLoopTests(BrokerServer brokers, DatabaseServer databases)
{
    private const int Prefetch = 200;

    /// <summary>The first message is the opening.</summary>
    private const int Slices = Prefetch - 1;

    /// <summary>Deaths of a plain client, which take less time than those of a consumer. The limit is 20.</summary>
    private const int QuickDeaths = 18;

    [Fact]
    public async Task When_a_crash_loop_spends_the_delivery_limit_every_message_can_be_replayed()
    {
        await using var scenario = await FaultScenario.PrepareAsync(brokers, databases);
        // Each message has a rejected row, so that no transaction gets past the lock.
        var import = await scenario.ImportAsync(25_000, rowsPerMessage: 100);
        for (var death = 0; death < QuickDeaths; death++)
        {
            await DieAsync(scenario);
        }

        await using (await scenario.Tables.HoldTransactionsAsync())
        {
            while (await scenario.Queues.DeadLetteredAsync() == 0)
            {
                var victim = scenario.Consumers.Start();
                await scenario.Queues.UntilQueuedAsync(import.Messages - Prefetch);
                await scenario.Tables.UntilHeldAsync(1);
                await scenario.Consumers.KillAsync(victim);
                await scenario.UntilAsync(async () =>
                    await scenario.Queues.QueuedAsync() + await scenario.Queues.DeadLetteredAsync() == import.Messages);
                await EndBackendsAsync(scenario);
            }
        }

        await scenario.Queues.UntilDeadLetteredAsync(Prefetch);
        await scenario.Consumers.StartAsync(1);
        await scenario.Queues.UntilQueuedAsync(0);
        await scenario.Tables.UntilAsync("SELECT count(*) FROM import_slices", slices => slices == import.Messages - 1 - Prefetch);

        var status = await scenario.Environment.StatusAsync($"{import.Import}", "--json");
        var books = status.ShouldExitWith(1).Json()[0];
        books.GetProperty("outstanding").GetInt64().ShouldBe(Slices * 100);
        books.GetProperty("missingSlices").ToString()
            .Where(character => !char.IsWhiteSpace(character)).ShouldBe($$"""[{"first":1,"last":{{Slices}} }]""".Replace(" ", "", StringComparison.Ordinal));
        var letters = (await scenario.Environment.DeadLettersAsync("list", "--json")).ShouldExitWith(0).Json().EnumerateArray().ToList();
        letters.Count.ShouldBe(Prefetch);
        letters.Select(letter => letter.GetProperty("slice")).Where(slice => slice.ValueKind == JsonValueKind.Number)
            .Select(slice => slice.GetInt32()).Order().ShouldBe(Enumerable.Range(1, Slices));
        letters.ShouldAllBe(letter => letter.GetProperty("reason").GetString() == "delivery-limit");

        (await scenario.Environment.DeadLettersAsync("replay")).ShouldExitWith(0).Output.ShouldContain($"{Prefetch} messages replayed");
        await scenario.VerdictAsync();
    }

    private static Task<bool> DieAsync(FaultScenario scenario) => scenario.Environment.WithChannelAsync(async channel =>
    {
        await channel.BasicQosAsync(0, Prefetch, global: false);
        var full = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var received = 0;
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += (_, _) =>
        {
            if (++received == Prefetch)
            {
                full.SetResult();
            }

            return Task.CompletedTask;
        };
        await channel.BasicConsumeAsync(scenario.Queue, autoAck: false, consumer);
        await full.Task.WaitAsync(Poll.Timeout);
        return true;
    });

    // A backend that waits for a lock does not notice that its client is dead.
    private static Task<long> EndBackendsAsync(FaultScenario scenario) => scenario.Tables.CountAsync(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
        + "WHERE application_name = 'csvingest' AND datname = current_database()");
}
