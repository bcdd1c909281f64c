using System.Text;
using CsvIngest.Contracts;
using CsvIngest.ServerTests.Servers;
using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.Faults;

/// <summary>What an operator does with dead letters.</summary>
public sealed class DeadLetterCommandsTests(BrokerServer brokers, DatabaseServer databases)
{
    [Fact]
    public async Task When_the_cause_is_mended_replay_brings_an_import_in_and_purge_removes_the_rest()
    {
        await using var trial = await Trial.PrepareAsync(brokers, databases);
        (await trial.DeadLettersAsync("list")).ShouldExitWith(0).Output.ShouldContain("empty");
        await trial.StartConsumersAsync(1);
        await trial.PublishAsync([0xFF, 0x13, 0x37], "application/x-protobuf");
        string[] datasets = ["--datasets", Path.GetDirectoryName(trial.Folder.CopyIn("samples/orders.json"))!];
        var orders = (await trial.ProduceAsync(
            trial.Folder, trial.Folder.CopyIn("samples/orders.csv"), ["--dataset", "orders", "--rows-per-message", "3", .. datasets]))
            .ShouldExitWith(0).Json();
        var (import, messages) = (orders.GetProperty("import").GetString()!, orders.GetProperty("messages").GetInt32());
        await trial.UntilDeadLetteredAsync(messages + 1);

        var table = (await trial.DeadLettersAsync("list")).ShouldExitWith(0).Output;
        table.Split(import).Length.ShouldBe(messages + 1);
        table.ShouldContain("unknown-dataset");
        table.ShouldContain("undecodable");
        (await trial.DeadLettersAsync("list", "--json", "--import", import)).ShouldExitWith(0).Json().GetArrayLength().ShouldBe(messages);

        // The cause: this consumer knows the dataset.
        await trial.TerminateAsync();
        (await trial.RunConsumerAsync(["migrate", "--database", trial.Database, .. datasets])).ShouldExitWith(0);
        trial.StartConsumer(datasets);
        (await trial.DeadLettersAsync("replay", "--import", import)).ShouldExitWith(0).Output.ShouldContain($"{messages} replayed");
        var books = await trial.WaitUntilCompleteAsync(trial.Folder, Guid.Parse(import));
        books.GetProperty("inserted").GetInt64().ShouldBe(books.GetProperty("rowsRead").GetInt64());

        // What is still poison comes back.
        (await trial.DeadLettersAsync("replay")).ShouldExitWith(0).Output.ShouldContain("1 replayed");
        await trial.UntilDeadLetteredAsync(1);
        (await trial.DeadLettersAsync("purge")).ShouldExitWith(64).Error.ShouldContain("--yes");
        (await trial.DeadLetteredAsync()).ShouldBe(1);
        (await PurgeAtTerminalAsync(trial, "n\n")).ShouldExitWith(130);
        (await trial.DeadLetteredAsync()).ShouldBe(1);
        (await PurgeAtTerminalAsync(trial, "y\n")).ShouldExitWith(0).Output.ShouldContain("1 purged");
        await trial.VerdictAsync();
    }

    // script runs a command at a terminal of its own making.
    private static Task<ProgramResult> PurgeAtTerminalAsync(Trial trial, string answer) => Programs.RunAsync(
        "script",
        ["-qec", $"'{Path.Combine(Programs.FolderOf("consumer"), "consumer")}' dead-letters purge --broker '{trial.Broker}' --queue {trial.Queue}", "/dev/null"],
        trial.Folder,
        input: Encoding.UTF8.GetBytes(answer));
}
