using System.Text;
using CsvIngest.Testing;
using CsvIngest.ServerTests.Servers;
using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.EndToEnd;

/// <summary>What an operator does with dead letters.</summary>
public sealed class DeadLetterCommandsTests(BrokerServer brokers, DatabaseServer databases)
{
    [Fact]
    public async Task When_the_cause_is_mended_replay_brings_an_import_in_and_purge_removes_the_rest()
    {
        await using var scenario = await FaultScenario.PrepareAsync(brokers, databases);
        (await scenario.DeadLettersAsync("list")).ShouldExitWith(0).Output.ShouldContain("empty");
        await scenario.StartConsumersAsync(1);
        await scenario.PublishAsync([0xFF, 0x13, 0x37], "application/x-protobuf");
        string[] datasets = ["--datasets", Path.GetDirectoryName(scenario.Folder.CopyIn("samples/orders.json"))!];
        var orders = (await scenario.ProduceAsync(
            scenario.Folder, scenario.Folder.CopyIn("samples/orders.csv"), ["--dataset", "orders", "--rows-per-message", "3", .. datasets]))
            .ShouldExitWith(0).Json();
        var (import, messages) = (orders.GetProperty("import").GetString()!, orders.GetProperty("messages").GetInt32());
        await scenario.UntilDeadLetteredAsync(messages + 1);

        var table = (await scenario.DeadLettersAsync("list")).ShouldExitWith(0).Output;
        table.Split(import).Length.ShouldBe(messages + 1);
        table.ShouldContain("unknown-dataset");
        table.ShouldContain("undecodable");
        (await scenario.DeadLettersAsync("list", "--json", "--import", import)).ShouldExitWith(0).Json().GetArrayLength().ShouldBe(messages);

        // The cause: this consumer knows the dataset.
        await scenario.TerminateAsync();
        (await scenario.RunConsumerAsync(["migrate", "--database", scenario.Database, .. datasets])).ShouldExitWith(0);
        scenario.StartConsumer(datasets);
        (await scenario.DeadLettersAsync("replay", "--import", import)).ShouldExitWith(0).Output.ShouldContain($"{messages} replayed");
        var books = await scenario.WaitUntilCompleteAsync(scenario.Folder, Guid.Parse(import));
        books.GetProperty("inserted").GetInt64().ShouldBe(books.GetProperty("rowsRead").GetInt64());

        // What is still poison comes back.
        (await scenario.DeadLettersAsync("replay")).ShouldExitWith(0).Output.ShouldContain("1 replayed");
        await scenario.UntilDeadLetteredAsync(1);
        (await scenario.DeadLettersAsync("purge")).ShouldExitWith(64).Error.ShouldContain("--yes");
        (await scenario.DeadLetteredAsync()).ShouldBe(1);
        (await PurgeAtTerminalAsync(scenario, "n\n")).ShouldExitWith(130);
        (await scenario.DeadLetteredAsync()).ShouldBe(1);
        (await PurgeAtTerminalAsync(scenario, "y\n")).ShouldExitWith(0).Output.ShouldContain("1 purged");
        await scenario.VerdictAsync();
    }

    // script runs a command at a terminal of its own making.
    private static Task<ProgramResult> PurgeAtTerminalAsync(FaultScenario scenario, string answer) => Programs.RunAsync(
        "script",
        ["-qec", $"'{Path.Combine(Programs.FolderOf("consumer"), "consumer")}' dead-letters purge --broker '{scenario.Broker}' --queue {scenario.Queue}", "/dev/null"],
        scenario.Folder,
        input: Encoding.UTF8.GetBytes(answer));
}
