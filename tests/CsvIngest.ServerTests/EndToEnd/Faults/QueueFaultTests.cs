using CsvIngest.ServerTests.EndToEnd.Harness;
using CsvIngest.ServerTests.Servers;
using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.EndToEnd.Faults;

/// <summary>Somebody else declares, deletes or purges the queues.</summary>
public sealed class QueueFaultTests(BrokerServer brokers, DatabaseServer databases)
{
    [Fact]
    public async Task A_queue_with_other_arguments_is_rejected_with_69_by_both_programs()
    {
        await using var scenario = await FaultScenario.PrepareLinkedAsync(brokers, databases);
        var file = scenario.Write(100);
        foreach (var (suffix, type, message) in (IEnumerable<(string, string, string)>)
            [
                ("", "classic", "exists as a classic queue; expected quorum"),
                (".dead-letter", "classic", "exists as a classic queue; expected quorum"),
                ("", "quorum", "exists with other arguments: x-"),
            ])
        {
            var queue = scenario.Queue + suffix;
            await scenario.Queues.DeleteAsync(queue);
            await scenario.Environment.WithChannelAsync(channel => channel.QueueDeclareAsync(
                queue, durable: true, exclusive: false, autoDelete: false, new Dictionary<string, object?> { ["x-queue-type"] = type }));

            foreach (var result in await Task.WhenAll(
                file.ProduceAsync(), scenario.Environment.RunConsumerAsync(scenario.Environment.ConsumerFlags)))
            {
                result.ShouldExitWith(69)
                    .ShouldSay($"Queue \"{queue}\" {message}")
                    .ShouldSay("expected ")
                    .ShouldSay("choose another name with --queue");
            }

            await scenario.Queues.DeleteAsync(queue);
        }

        await file.ProduceAsync();
        await scenario.VerdictAsync();
    }

    [Fact]
    public async Task A_missing_dead_letter_queue_is_declared_before_anything_is_published()
    {
        await using var scenario = await FaultScenario.PrepareLinkedAsync(brokers, databases);
        var file = scenario.Write(100);
        await scenario.Queues.DeleteAsync(scenario.Environment.DeadLetterQueue);

        await file.ProduceAsync();

        (await scenario.Environment.WithChannelAsync(channel => channel.QueueDeclarePassiveAsync(scenario.Environment.DeadLetterQueue))).MessageCount.ShouldBe(0u);
        await scenario.VerdictAsync();
    }

    [Fact]
    public async Task A_queue_deleted_during_publishing_is_declared_again_and_status_names_the_lost_slices()
    {
        await using var scenario = await FaultScenario.PrepareLinkedAsync(brokers, databases);
        var file = scenario.Write(10_000);
        scenario.BrokerLink.Delay = TimeSpan.FromMilliseconds(10);
        await using var producer = file.StartProducer("--rows-per-message", "1");
        await scenario.UntilMidwayAsync(scenario.Random.Next(500, 2000));
        await scenario.Queues.DeleteAsync(scenario.Queue);
        scenario.BrokerLink.Delay = TimeSpan.Zero;
        var first = await file.WaitForExitAsync();

        first.ShouldExitWith(0);
        // Under load the broker may fail on the deletion itself and close the connection instead.
        first.Error.ShouldMatch("does not exist \\(a message was returned\\)|Publisher reconnected to");
        await CanBeImportedAgainAsync(scenario, file, first);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Slices_purged_from_the_queue_are_missing_in_status_until_the_file_is_imported_again(bool unfinished)
    {
        await using var scenario = await FaultScenario.PrepareLinkedAsync(brokers, databases);
        var file = scenario.Write(10_000);
        scenario.BrokerLink.Delay = TimeSpan.FromMilliseconds(10);
        await using var producer = file.StartProducer("--rows-per-message", "1");
        await scenario.UntilMidwayAsync(scenario.Random.Next(500, 2000));
        await scenario.Environment.WithChannelAsync(channel => channel.QueuePurgeAsync(scenario.Queue));
        // A slice must arrive after the purge: its number reveals the missing ones.
        await scenario.Queues.UntilQueuedAtLeastAsync(100);
        if (unfinished)
        {
            producer.SendSignal(Signal.Terminate);
        }

        scenario.BrokerLink.Delay = TimeSpan.Zero;
        var first = await file.WaitForExitAsync();
        first.ShouldExitWith(unfinished ? 130 : 0);

        await CanBeImportedAgainAsync(scenario, file, first, unfinished ? ["--restart"] : []);
    }

    [Fact]
    public async Task A_queue_deleted_during_consuming_is_declared_again_and_consumed_again()
    {
        await using var scenario = await FaultScenario.PrepareLinkedAsync(brokers, databases);
        var file = scenario.Write(10_000);
        var first = await file.ProduceAsync("--rows-per-message", "5");
        var consumer = scenario.Consumers.Start("--prefetch", "2");
        await scenario.Tables.UntilStoredAsync(scenario.Random.Next(1, 3000));
        await scenario.Queues.DeleteAsync(scenario.Queue);
        await consumer.WaitForErrorLine("Receiver disconnected");
        await consumer.WaitForErrorLine("Receiver reconnected");

        // Everything after the last stored slice is lost, the closing too: the database cannot know of it.
        await CanBeImportedAgainAsync(scenario, file, first, gapsShow: false);
    }

    // After the broker has lost slices: status reports them and balances, and importing the file again stores exactly what is
    // missing.
    private static async Task CanBeImportedAgainAsync(FaultScenario scenario, TrackedFile file, ProgramResult first, string[]? flags = null, bool gapsShow = true)
    {
        var lost = file.Abandon(first);
        if (scenario.Consumers.Running.Count == 0)
        {
            scenario.Consumers.Start();
        }

        await scenario.Queues.UntilQueuedAsync(0);
        // By the time that a later import is complete, one consumer has handled all of the first.
        await file.ProduceAsync(flags ?? []);
        file.Import.ShouldNotBe(lost);
        await scenario.VerdictAsync();

        (await scenario.Tables.CountAsync($"SELECT count(*) FROM contacts WHERE import_id = '{file.Import}'")).ShouldBePositive("nothing was lost");
        var shown = (await scenario.Environment.StatusAsync($"{lost}")).ShouldExitWith(1);
        var books = (await scenario.Environment.StatusAsync($"{lost}", "--json")).ShouldExitWith(1).Json()[0];
        books.GetProperty("complete").GetBoolean().ShouldBeFalse();
        if (gapsShow)
        {
            shown.Output.ShouldContain("missing slices ");
            books.GetProperty("outstanding").GetInt64().ShouldBePositive("nothing was lost");
        }
    }
}
