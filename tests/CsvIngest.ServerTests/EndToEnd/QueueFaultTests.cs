using CsvIngest.Testing;
using RabbitMQ.Client;
using CsvIngest.ServerTests.Servers;
using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.EndToEnd;

/// <summary>F7: somebody else has a hand in the queues.</summary>
public sealed class QueueFaultTests(BrokerServer brokers, DatabaseServer databases)
{
    [Fact]
    public async Task A_queue_that_is_not_ours_is_rejected_with_69_by_both_programs()
    {
        await using var scenario = await FaultScenario.PrepareLinkedAsync(brokers, databases);
        var file = scenario.Write(100);
        foreach (var (suffix, type, said) in (IEnumerable<(string, string, string)>)
            [
                ("", "classic", "exists as a classic queue; expected quorum"),
                (".dead-letter", "classic", "exists as a classic queue; expected quorum"),
                ("", "quorum", "exists with other arguments: x-"),
            ])
        {
            var queue = scenario.Queue + suffix;
            await DeleteAsync(scenario, queue);
            await scenario.WithChannelAsync(channel => channel.QueueDeclareAsync(
                queue, durable: true, exclusive: false, autoDelete: false, new Dictionary<string, object?> { ["x-queue-type"] = type }));

            var producer = await file.ProduceAsync();
            await using var consumer = scenario.StartConsumer(scenario.Folder);
            foreach (var result in (ProgramResult[])[producer, await consumer.WaitForExitAsync()])
            {
                result.ShouldExitWith(69)
                    .ShouldSay($"Queue \"{queue}\" {said}")
                    .ShouldSay("expected ")
                    .ShouldSay("choose another name with --queue");
            }

            await DeleteAsync(scenario, queue);
        }

        await file.ProduceAsync();
        await scenario.VerdictAsync();
    }

    [Fact]
    public async Task A_dead_letter_queue_that_is_missing_is_made_before_anything_is_sent()
    {
        await using var scenario = await FaultScenario.PrepareLinkedAsync(brokers, databases);
        var file = scenario.Write(100);
        await DeleteAsync(scenario, scenario.Queue + ".dead-letter");

        await file.ProduceAsync();

        (await scenario.WithChannelAsync(channel => channel.QueueDeclarePassiveAsync(scenario.Queue + ".dead-letter"))).MessageCount.ShouldBe(0u);
        await scenario.VerdictAsync();
    }

    [Fact]
    public async Task A_queue_deleted_during_publishing_is_made_again_and_status_names_the_slices_that_went_with_it()
    {
        await using var scenario = await FaultScenario.PrepareLinkedAsync(brokers, databases);
        var file = scenario.Write(10_000);
        scenario.BrokerLink.Delay = TimeSpan.FromMilliseconds(10);
        await using var producer = file.StartProducer("--rows-per-message", "1");
        await scenario.UntilQueuedAtLeastAsync(scenario.Random.Next(500, 2000));
        await DeleteAsync(scenario, scenario.Queue);
        scenario.BrokerLink.Delay = TimeSpan.Zero;
        var first = await file.WaitForExitAsync();

        first.ShouldExitWith(0);
        // Under load the broker may trip over the deletion itself and close the connection instead.
        first.Error.ShouldMatch("is gone: a message was returned. Declaring it again|The publisher is connected to .* again");
        await MendsAsync(scenario, file, first);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Slices_purged_from_the_queue_are_missing_in_status_and_the_file_again_mends_it(bool unfinished)
    {
        await using var scenario = await FaultScenario.PrepareLinkedAsync(brokers, databases);
        var file = scenario.Write(10_000);
        scenario.BrokerLink.Delay = TimeSpan.FromMilliseconds(10);
        await using var producer = file.StartProducer("--rows-per-message", "1");
        await scenario.UntilQueuedAtLeastAsync(scenario.Random.Next(500, 2000));
        await scenario.WithChannelAsync(channel => channel.QueuePurgeAsync(scenario.Queue));
        // Something must have arrived that tells of slices before it.
        await scenario.UntilQueuedAtLeastAsync(100);
        if (unfinished)
        {
            producer.SendSignal(Signal.Terminate);
        }

        scenario.BrokerLink.Delay = TimeSpan.Zero;
        var first = await file.WaitForExitAsync();
        first.ShouldExitWith(unfinished ? 130 : 0);

        await MendsAsync(scenario, file, first, unfinished ? ["--restart"] : []);
    }

    [Fact]
    public async Task A_queue_deleted_during_consuming_is_made_again_and_consumed_again()
    {
        await using var scenario = await FaultScenario.PrepareLinkedAsync(brokers, databases);
        var file = scenario.Write(10_000);
        var first = await file.ProduceAsync("--rows-per-message", "5");
        var consumer = scenario.StartConsumer("--prefetch", "2");
        await scenario.UntilStoredAsync(scenario.Random.Next(1, 3000));
        await DeleteAsync(scenario, scenario.Queue);
        await consumer.WaitForErrorLine("The receiver has no connection");
        await consumer.WaitForErrorLine("again after");

        // Everything after the last slice that was stored went, the closing too: the database cannot know of it.
        await MendsAsync(scenario, file, first, gapsShow: false);
    }

    // After slices were lost in the broker: status says so and balances, and the file, imported anew, brings in exactly what is
    // missing.
    private static async Task MendsAsync(FaultScenario scenario, ScenarioFile file, ProgramResult first, string[]? flags = null, bool gapsShow = true)
    {
        var lost = file.Abandon(first);
        if (scenario.Consumers.Count == 0)
        {
            scenario.StartConsumer();
        }

        await scenario.UntilQueuedAsync(0);
        // By the time that a later import is complete, one consumer is through with all of the first.
        await file.ProduceAsync(flags ?? []);
        file.Import.ShouldNotBe(lost);
        await scenario.VerdictAsync();

        (await scenario.CountAsync($"SELECT count(*) FROM contacts WHERE import_id = '{file.Import}'")).ShouldBePositive("nothing was lost");
        var shown = (await scenario.StatusAsync(lost)).ShouldExitWith(1);
        var books = (await scenario.StatusAsync(lost, "--json")).ShouldExitWith(1).Json()[0];
        books.GetProperty("complete").GetBoolean().ShouldBeFalse();
        if (gapsShow)
        {
            shown.Output.ShouldContain("missing slices ");
            books.GetProperty("outstanding").GetInt64().ShouldBePositive("nothing was lost");
        }
    }

    private static Task DeleteAsync(FaultScenario scenario, string queue) => scenario.WithChannelAsync(channel => channel.QueueDeleteAsync(queue));
}
