using CsvIngest.Contracts;
using CsvIngest.ServerTests.Servers;
using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.Faults;

/// <summary>Dead letters that arrive while an operator thinks, and operators' commands that die.</summary>
public sealed class DeadLetterFaultTests(BrokerServer brokers, DatabaseServer databases)
{
    private static readonly byte[] Poison = [0xFF, 0x13, 0x37];

    [Fact]
    public async Task Purge_leaves_what_arrived_after_its_question()
    {
        await using var trial = await Trial.PrepareAsync(brokers, databases);
        await trial.StartConsumersAsync(1);
        await PoisonAsync(trial, 2);
        // script runs a command at a terminal of its own making, and writes down what is seen there. The answer waits for a file.
        var purge = $"'{Path.Combine(Programs.FolderOf("consumer"), "consumer")}' dead-letters purge --broker '{trial.Broker}' --queue {trial.Queue}";
        var seen = trial.Folder.Write("seen", "");
        await using var terminal = Programs.Start(
            "bash", ["-c", "(until [ -e answer ]; do sleep 0.1; done; echo y) | script -qefc \"$0\" seen", purge], trial.Folder);
        await trial.UntilAsync(async () =>
            (await File.ReadAllTextAsync(seen, TestContext.Current.CancellationToken)).Contains("Delete 2 messages", StringComparison.Ordinal));

        await PoisonAsync(trial, 3);
        trial.Folder.Write("answer", "");

        (await terminal.WaitForExitAsync()).ShouldExitWith(0).Output.ShouldContain("2 purged");
        (await trial.DeadLetteredAsync()).ShouldBe(1);
        await PurgeAllAsync(trial);
        await trial.VerdictAsync();
    }

    [Fact]
    public async Task Purge_of_one_import_leaves_all_others()
    {
        await using var trial = await Trial.PrepareAsync(brokers, databases);
        await trial.StartConsumersAsync(1);
        await PoisonAsync(trial, 1);
        var (import, messages, _) = await OrdersAsync(trial);
        await trial.UntilDeadLetteredAsync(messages + 1);

        (await trial.DeadLettersAsync("purge", "--import", import, "--yes")).ShouldExitWith(0).Output.ShouldContain($"{messages} purged");

        (await trial.DeadLetteredAsync()).ShouldBe(1);
        await PurgeAllAsync(trial);
        await trial.VerdictAsync();
    }

    [Fact]
    public async Task A_replay_that_is_killed_and_run_again_brings_every_row_in_once()
    {
        await using var trial = await Trial.PrepareAsync(brokers, databases);
        var consumer = (await trial.StartConsumersAsync(1))[0];
        var (import, messages, datasets) = await OrdersAsync(trial);
        await trial.UntilDeadLetteredAsync(messages);
        await trial.TerminateAsync(consumer);
        await using var link = new TcpProxy(Endpoint.Of(trial.Broker)) { Delay = TimeSpan.FromMilliseconds(20) };
        await using var replay = Programs.Start(
            "consumer",
            ["dead-letters", "replay", "--broker", Endpoint.Replace(trial.Broker, link.Endpoint), "--queue", trial.Queue],
            trial.Folder);
        await trial.UntilAsync(async () => await trial.QueuedAsync() >= 3);

        (await replay.KillAsync()).ShouldExitWith(137);

        await trial.UntilAsync(async () => await trial.QueuedAsync() + await trial.DeadLetteredAsync() >= messages);
        (await trial.DeadLetteredAsync()).ShouldBeGreaterThan(1, "it was not killed midway");
        (await trial.DeadLettersAsync("replay")).ShouldExitWith(0);
        (await trial.DeadLetteredAsync()).ShouldBe(0);
        (await trial.DeadLettersAsync("replay")).ShouldExitWith(0).Output.ShouldContain("0 replayed");

        (await trial.RunConsumerAsync(["migrate", "--database", trial.Database, .. datasets])).ShouldExitWith(0);
        trial.StartConsumer(datasets);
        var books = await trial.WaitUntilCompleteAsync(trial.Folder, Guid.Parse(import));
        var rows = books.GetProperty("rowsRead").GetInt64();
        books.GetProperty("inserted").GetInt64().ShouldBe(rows);
        (await trial.CountAsync("SELECT count(*) FROM orders")).ShouldBe(rows);
        await trial.VerdictAsync();
    }

    private static async Task PoisonAsync(Trial trial, long upTo)
    {
        for (var letters = await trial.DeadLetteredAsync(); letters < upTo; letters++)
        {
            await trial.PublishAsync(Poison, "application/x-protobuf");
        }

        // Letters that a command holds are not counted.
        await trial.UntilDeadLetteredAsync(upTo);
    }

    // An import of a dataset that the consumer does not know yet.
    private static async Task<(string Import, int Messages, string[] Datasets)> OrdersAsync(Trial trial)
    {
        string[] datasets = ["--datasets", Path.GetDirectoryName(trial.Folder.CopyIn("samples/orders.json"))!];
        var orders = (await trial.ProduceAsync(
            trial.Folder, trial.Folder.CopyIn("samples/orders.csv"), ["--dataset", "orders", "--rows-per-message", "1", .. datasets]))
            .ShouldExitWith(0).Json();
        return (orders.GetProperty("import").GetString()!, orders.GetProperty("messages").GetInt32(), datasets);
    }

    private static async Task PurgeAllAsync(Trial trial) =>
        (await trial.DeadLettersAsync("purge", "--yes")).ShouldExitWith(0).Output.ShouldContain("1 purged");
}
