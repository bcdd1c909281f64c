using CsvIngest.Contracts;
using RabbitMQ.Client;
using CsvIngest.ServerTests.Servers;
using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.Faults;

/// <summary>F7: somebody else has a hand in the queues.</summary>
public sealed class QueueFaultTests(BrokerServer brokers, DatabaseServer databases)
{
    [Fact]
    public async Task A_queue_that_is_not_ours_is_refused_with_69_by_both_programs()
    {
        await using var trial = await Trial.PrepareLinkedAsync(brokers, databases);
        var file = trial.Write(100);
        foreach (var (suffix, type, said) in (IEnumerable<(string, string, string)>)
            [
                ("", "classic", "exists as a classic queue; expected quorum"),
                (".dead-letter", "classic", "exists as a classic queue; expected quorum"),
                ("", "quorum", "exists with other arguments: x-"),
            ])
        {
            var queue = trial.Queue + suffix;
            await DeleteAsync(trial, queue);
            await trial.WithChannelAsync(channel => channel.QueueDeclareAsync(
                queue, durable: true, exclusive: false, autoDelete: false, new Dictionary<string, object?> { ["x-queue-type"] = type }));

            var producer = await file.ProduceAsync();
            await using var consumer = trial.StartConsumer(trial.Folder);
            foreach (var result in (ProgramResult[])[producer, await consumer.WaitForExitAsync()])
            {
                result.ShouldExitWith(69)
                    .ShouldSay($"Queue \"{queue}\" {said}")
                    .ShouldSay("expected ")
                    .ShouldSay("choose another name with --queue");
            }

            await DeleteAsync(trial, queue);
        }

        await file.ProduceAsync();
        await trial.VerdictAsync();
    }

    [Fact]
    public async Task A_dead_letter_queue_that_is_missing_is_made_before_anything_is_sent()
    {
        await using var trial = await Trial.PrepareLinkedAsync(brokers, databases);
        var file = trial.Write(100);
        await DeleteAsync(trial, trial.Queue + ".dead-letter");

        await file.ProduceAsync();

        (await trial.WithChannelAsync(channel => channel.QueueDeclarePassiveAsync(trial.Queue + ".dead-letter"))).MessageCount.ShouldBe(0u);
        await trial.VerdictAsync();
    }

    [Fact]
    public async Task A_queue_deleted_during_publishing_is_made_again_and_status_names_the_slices_that_went_with_it()
    {
        await using var trial = await Trial.PrepareLinkedAsync(brokers, databases);
        var file = trial.Write(10_000);
        trial.BrokerLink.Delay = TimeSpan.FromMilliseconds(10);
        await using var producer = file.StartProducer("--rows-per-message", "1");
        await trial.UntilQueuedAtLeastAsync(trial.Random.Next(500, 2000));
        await DeleteAsync(trial, trial.Queue);
        trial.BrokerLink.Delay = TimeSpan.Zero;
        var first = await file.WaitForExitAsync();

        first.ShouldExitWith(0);
        // Under load the broker may trip over the deletion itself and close the connection instead.
        first.Error.ShouldMatch("is gone: a message was returned. Declaring it again|The publisher is connected to .* again");
        await MendsAsync(trial, file, first);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Slices_purged_from_the_queue_are_missing_in_status_and_the_file_again_mends_it(bool unfinished)
    {
        await using var trial = await Trial.PrepareLinkedAsync(brokers, databases);
        var file = trial.Write(10_000);
        trial.BrokerLink.Delay = TimeSpan.FromMilliseconds(10);
        await using var producer = file.StartProducer("--rows-per-message", "1");
        await trial.UntilQueuedAtLeastAsync(trial.Random.Next(500, 2000));
        await trial.WithChannelAsync(channel => channel.QueuePurgeAsync(trial.Queue));
        // Something must have arrived that tells of slices before it.
        await trial.UntilQueuedAtLeastAsync(100);
        if (unfinished)
        {
            producer.SendSignal(Signal.Terminate);
        }

        trial.BrokerLink.Delay = TimeSpan.Zero;
        var first = await file.WaitForExitAsync();
        first.ShouldExitWith(unfinished ? 130 : 0);

        await MendsAsync(trial, file, first, unfinished ? ["--restart"] : []);
    }

    [Fact]
    public async Task A_queue_deleted_during_consuming_is_made_again_and_consumed_again()
    {
        await using var trial = await Trial.PrepareLinkedAsync(brokers, databases);
        var file = trial.Write(10_000);
        var first = await file.ProduceAsync("--rows-per-message", "5");
        var consumer = trial.StartConsumer("--prefetch", "2");
        await trial.UntilStoredAsync(trial.Random.Next(1, 3000));
        await DeleteAsync(trial, trial.Queue);
        await consumer.WaitForErrorLine("The receiver has no connection");
        await consumer.WaitForErrorLine("again after");

        // Everything after the last slice that was stored went, the closing too: the database cannot know of it.
        await MendsAsync(trial, file, first, gapsShow: false);
    }

    // After slices were lost in the broker: status says so and balances, and the file, imported anew, brings in exactly what is
    // missing.
    private static async Task MendsAsync(Trial trial, TrialFile file, ProgramResult first, string[]? flags = null, bool gapsShow = true)
    {
        var lost = file.Abandon(first);
        if (trial.Consumers.Count == 0)
        {
            trial.StartConsumer();
        }

        await trial.UntilQueuedAsync(0);
        // By the time that a later import is complete, one consumer is through with all of the first.
        await file.ProduceAsync(flags ?? []);
        file.Import.ShouldNotBe(lost);
        await trial.VerdictAsync();

        (await trial.CountAsync($"SELECT count(*) FROM contacts WHERE import_id = '{file.Import}'")).ShouldBePositive("nothing was lost");
        var shown = (await trial.StatusAsync(lost)).ShouldExitWith(1);
        var books = (await trial.StatusAsync(lost, "--json")).ShouldExitWith(1).Json()[0];
        books.GetProperty("complete").GetBoolean().ShouldBeFalse();
        if (gapsShow)
        {
            shown.Output.ShouldContain("missing slices ");
            books.GetProperty("outstanding").GetInt64().ShouldBePositive("nothing was lost");
        }
    }

    private static Task DeleteAsync(Trial trial, string queue) => trial.WithChannelAsync(channel => channel.QueueDeleteAsync(queue));
}
