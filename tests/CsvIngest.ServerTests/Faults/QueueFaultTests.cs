using CsvIngest.Contracts;
using RabbitMQ.Client;
using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.Faults;

/// <summary>F7: somebody else has a hand in the queues.</summary>
[Collection(nameof(BreakableBroker))]
public sealed class QueueFaultTests(BreakableBroker servers)
{
    [Fact]
    public async Task A_queue_that_is_not_ours_is_refused_with_69_by_both_programs()
    {
        await using var run = await FaultRun.PrepareAsync(servers, rows: 100);
        foreach (var (suffix, type, said) in (IEnumerable<(string, string, string)>)
            [
                ("", "classic", "exists as a classic queue; expected quorum"),
                (".dead-letter", "classic", "exists as a classic queue; expected quorum"),
                ("", "quorum", "exists with other arguments: x-"),
            ])
        {
            var queue = run.Queue + suffix;
            await DeleteAsync(run, queue);
            await run.WithChannelAsync(channel => channel.QueueDeclareAsync(
                queue, durable: true, exclusive: false, autoDelete: false, new Dictionary<string, object?> { ["x-queue-type"] = type }));

            var producer = await run.ProduceAsync();
            await using var consumer = run.StartConsumer();
            foreach (var result in (ProgramResult[])[producer, await consumer.WaitForExitAsync()])
            {
                result.ShouldExitWith(69)
                    .ShouldSay($"Queue \"{queue}\" {said}")
                    .ShouldSay("expected ")
                    .ShouldSay("choose another name with --queue");
            }

            await DeleteAsync(run, queue);
        }

        await run.VerdictAsync(await run.ProduceAsync());
    }

    [Fact]
    public async Task A_dead_letter_queue_that_is_missing_is_made_before_anything_is_sent()
    {
        await using var run = await FaultRun.PrepareAsync(servers, rows: 100);
        await DeleteAsync(run, run.Queue + ".dead-letter");

        var produced = await run.ProduceAsync();

        (await run.WithChannelAsync(channel => channel.QueueDeclarePassiveAsync(run.Queue + ".dead-letter"))).MessageCount.ShouldBe(0u);
        await run.VerdictAsync(produced);
    }

    [Fact]
    public async Task A_queue_deleted_during_publishing_is_made_again_and_status_names_the_slices_that_went_with_it()
    {
        await using var run = await FaultRun.PrepareAsync(servers, rows: 10_000);
        run.BrokerLink.Delay = TimeSpan.FromMilliseconds(10);
        await using var producer = run.StartProducer("--rows-per-message", "1");
        await run.UntilQueuedAsync(run.Random.Next(500, 2000));
        await DeleteAsync(run, run.Queue);
        run.BrokerLink.Delay = TimeSpan.Zero;
        var first = await producer.WaitForExitAsync();

        first.ShouldExitWith(0);
        // Under load the broker may trip over the deletion itself and close the connection instead.
        first.Error.ShouldMatch("is gone: a message was returned. Declaring it again|The publisher is connected to .* again");
        await MendsAsync(run, first);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Slices_purged_from_the_queue_are_missing_in_status_and_the_file_again_mends_it(bool unfinished)
    {
        await using var run = await FaultRun.PrepareAsync(servers, rows: 10_000);
        run.BrokerLink.Delay = TimeSpan.FromMilliseconds(10);
        await using var producer = run.StartProducer("--rows-per-message", "1");
        await run.UntilQueuedAsync(run.Random.Next(500, 2000));
        await run.WithChannelAsync(channel => channel.QueuePurgeAsync(run.Queue));
        // Something must have arrived that tells of slices before it.
        await run.UntilQueuedAsync(100);
        if (unfinished)
        {
            producer.SendSignal(Signal.Terminate);
        }

        run.BrokerLink.Delay = TimeSpan.Zero;
        var first = await producer.WaitForExitAsync();
        first.ShouldExitWith(unfinished ? 130 : 0);

        await MendsAsync(run, first, unfinished ? ["--restart"] : []);
    }

    [Fact]
    public async Task A_queue_deleted_during_consuming_is_made_again_and_consumed_again()
    {
        await using var run = await FaultRun.PrepareAsync(servers, rows: 10_000);
        var first = await run.ProduceAsync("--rows-per-message", "5");
        await using var consumer = run.StartConsumer("--prefetch", "2");
        await run.UntilStoredAsync(run.Random.Next(1, 3000));
        await DeleteAsync(run, run.Queue);
        await consumer.WaitForErrorLine("The receiver has no connection");
        await consumer.WaitForErrorLine("again after");

        // Everything after the last slice that was stored went, the closing too: the database cannot know of it.
        await MendsAsync(run, first, consumer: consumer, gapsShow: false);
    }

    // After slices were lost in the broker: status says so and balances, and the file, imported anew, brings in exactly what is
    // missing.
    private static async Task MendsAsync(FaultRun run, ProgramResult first, string[]? flags = null, RunningProgram? consumer = null, bool gapsShow = true)
    {
        await using var own = consumer is null ? run.StartConsumer() : null;
        await FaultRun.UntilAsync(async () => await run.QueuedAsync() == 0);
        // By the time that a later import is complete, one consumer is through with all of the first.
        var second = await run.ProduceAsync(flags ?? []);
        second.ShouldExitWith(0);
        FaultRun.ImportOf(second).ShouldNotBe(FaultRun.ImportOf(first));
        var mended = await run.WaitUntilCompleteAsync(run.Folder, FaultRun.ImportOf(second));

        var shown = await run.StatusAsync(FaultRun.ImportOf(first));
        shown.ShouldExitWith(1);
        var lost = (await run.StatusAsync(FaultRun.ImportOf(first), "--json")).Json()[0];
        lost.GetProperty("complete").GetBoolean().ShouldBeFalse();
        var outstanding = lost.GetProperty("outstanding").GetInt64();
        if (gapsShow)
        {
            shown.Output.ShouldContain("missing slices ");
            outstanding.ShouldBePositive("nothing was lost");
        }

        lost.GetProperty("rowsRead").GetInt64().ShouldBe(
            outstanding + lost.GetProperty("inserted").GetInt64() + lost.GetProperty("duplicate").GetInt64() + lost.GetProperty("rejected").GetInt64());

        mended.GetProperty("rowsRead").GetInt64().ShouldBe(run.File.Rows);
        mended.GetProperty("outstanding").GetInt64().ShouldBe(0);
        mended.GetProperty("inserted").GetInt64().ShouldBePositive("nothing was lost");
        (mended.GetProperty("inserted").GetInt64() + lost.GetProperty("inserted").GetInt64()).ShouldBe(run.File.FirstNames.Count);
        (await run.ContactsAsync("person")).ShouldBe(run.File.FirstNames, ignoreOrder: true);
        var running = consumer ?? own!;
        running.SendSignal(Signal.Terminate);
        (await running.WaitForExitAsync()).ShouldExitWith(0);
    }

    private static Task DeleteAsync(FaultRun run, string queue) => run.WithChannelAsync(channel => channel.QueueDeleteAsync(queue));
}
