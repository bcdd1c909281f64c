using CsvIngest.ServerTests.EndToEnd.Harness;
using CsvIngest.ServerTests.Servers;
using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.EndToEnd.Faults;

/// <summary>Dead letters that arrive while a command waits for its answer, and commands that are killed.</summary>
public sealed class DeadLetterFaultTests(BrokerServer brokers, DatabaseServer databases)
{
    private static readonly byte[] Poison = [0xFF, 0x13, 0x37];

    [Fact]
    public async Task Purge_keeps_what_arrived_after_its_question()
    {
        await using var scenario = await FaultScenario.PrepareAsync(brokers, databases);
        await scenario.Consumers.StartAsync(1);
        await PoisonAsync(scenario, 2);
        // The program `script` runs a command on a terminal that it makes, and records its output. The answer waits for a file.
        var purge = $"'{Path.Combine(Programs.FolderOf("consumer"), "consumer")}' dead-letters purge --broker '{scenario.Broker}' --queue {scenario.Queue}";
        var seen = scenario.Folder.Write("seen", "");
        await using var terminal = Programs.Start(
            "bash", ["-c", "(until [ -e answer ]; do sleep 0.1; done; echo y) | script -qefc \"$0\" seen", purge], scenario.Folder);
        await scenario.UntilAsync(async () =>
            (await File.ReadAllTextAsync(seen, TestContext.Current.CancellationToken)).Contains("Permanently delete 2 messages", StringComparison.Ordinal));

        await PoisonAsync(scenario, 3);
        scenario.Folder.Write("answer", "");

        (await terminal.WaitForExitAsync()).ShouldExitWith(0).Output.ShouldContain("2 messages purged");
        (await scenario.Queues.DeadLetteredAsync()).ShouldBe(1);
        await PurgeAllAsync(scenario);
        await scenario.VerdictAsync();
    }

    [Fact]
    public async Task Purge_of_one_import_keeps_all_others()
    {
        await using var scenario = await FaultScenario.PrepareAsync(brokers, databases);
        await scenario.Consumers.StartAsync(1);
        await PoisonAsync(scenario, 1);
        var (import, messages, _) = await OrdersAsync(scenario);
        await scenario.Queues.UntilDeadLetteredAsync(messages + 1);

        (await scenario.Environment.DeadLettersAsync("purge", "--import", import, "--yes")).ShouldExitWith(0).Output.ShouldContain($"{messages} messages purged");

        (await scenario.Queues.DeadLetteredAsync()).ShouldBe(1);
        await PurgeAllAsync(scenario);
        await scenario.VerdictAsync();
    }

    [Fact]
    public async Task A_replay_that_is_killed_and_run_again_inserts_every_row_once()
    {
        await using var scenario = await FaultScenario.PrepareAsync(brokers, databases);
        var consumer = (await scenario.Consumers.StartAsync(1))[0];
        var (import, messages, datasets) = await OrdersAsync(scenario);
        await scenario.Queues.UntilDeadLetteredAsync(messages);
        await scenario.Consumers.TerminateAsync(consumer);
        await using var link = new TcpProxy(Endpoint.Of(scenario.Broker)) { Delay = TimeSpan.FromMilliseconds(20) };
        await using var replay = Programs.Start(
            "consumer",
            ["dead-letters", "replay", "--broker", Endpoint.Replace(scenario.Broker, link.Endpoint), "--queue", scenario.Queue],
            scenario.Folder);
        await scenario.UntilAsync(async () => await scenario.Queues.QueuedAsync() >= 3);

        (await replay.KillAsync()).ShouldExitWith(137);

        await scenario.UntilAsync(async () => await scenario.Queues.QueuedAsync() + await scenario.Queues.DeadLetteredAsync() >= messages);
        (await scenario.Queues.DeadLetteredAsync()).ShouldBeGreaterThan(1, "it was not killed midway");
        (await scenario.Environment.DeadLettersAsync("replay")).ShouldExitWith(0);
        (await scenario.Queues.DeadLetteredAsync()).ShouldBe(0);
        (await scenario.Environment.DeadLettersAsync("replay")).ShouldExitWith(0).Output.ShouldContain("There was no message to be replayed.");

        (await scenario.Environment.MigrateAsync(datasets)).ShouldExitWith(0);
        scenario.Consumers.Start(datasets);
        var books = await scenario.Environment.WaitUntilCompleteAsync(Guid.Parse(import));
        var rows = books.GetProperty("rowsRead").GetInt64();
        books.GetProperty("inserted").GetInt64().ShouldBe(rows);
        (await scenario.Tables.CountAsync("SELECT count(*) FROM orders")).ShouldBe(rows);
        await scenario.VerdictAsync();
    }

    private static async Task PoisonAsync(FaultScenario scenario, long upTo)
    {
        for (var letters = await scenario.Queues.DeadLetteredAsync(); letters < upTo; letters++)
        {
            await scenario.Environment.PublishAsync(Poison, "application/x-protobuf");
        }

        // The count excludes letters that a command holds.
        await scenario.Queues.UntilDeadLetteredAsync(upTo);
    }

    // An import of a dataset that the consumer does not know yet.
    private static async Task<(string Import, int Messages, string[] Datasets)> OrdersAsync(FaultScenario scenario)
    {
        string[] datasets = ["--datasets", Path.GetDirectoryName(scenario.Folder.CopyIn("samples/orders.json"))!];
        var orders = (await scenario.Environment.ProduceAsync(
            scenario.Folder.CopyIn("samples/orders.csv"), ["--dataset", "orders", "--rows-per-message", "1", .. datasets]))
            .ShouldExitWith(0).Json();
        return (orders.GetProperty("import").GetString()!, orders.GetProperty("messages").GetInt32(), datasets);
    }

    private static async Task PurgeAllAsync(FaultScenario scenario) =>
        (await scenario.Environment.DeadLettersAsync("purge", "--yes")).ShouldExitWith(0).Output.ShouldContain("1 message purged");
}
