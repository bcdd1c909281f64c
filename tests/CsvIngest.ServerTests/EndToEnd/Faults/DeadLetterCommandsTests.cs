using System.Text;
using CsvIngest.ServerTests.EndToEnd.Harness;
using CsvIngest.ServerTests.Servers;
using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.EndToEnd.Faults;

/// <summary>What an operator does about dead letters.</summary>
public sealed class DeadLetterCommandsTests(BrokerServer brokers, DatabaseServer databases)
{
    [Fact]
    public async Task When_the_cause_is_fixed_replay_completes_the_import_and_purge_removes_the_rest()
    {
        await using var scenario = await FaultScenario.PrepareAsync(brokers, databases);
        (await scenario.Environment.DeadLettersAsync("list")).ShouldExitWith(0).Output.ShouldContain("empty");
        await scenario.Consumers.StartAsync(1);
        await scenario.Environment.PublishAsync([0xFF, 0x13, 0x37], "application/x-protobuf");
        string[] datasets = ["--datasets", Path.GetDirectoryName(scenario.Folder.CopyIn("samples/orders.json"))!];
        var orders = (await scenario.Environment.ProduceAsync(
            scenario.Folder.CopyIn("samples/orders.csv"), ["--dataset", "orders", "--rows-per-message", "3", .. datasets]))
            .ShouldExitWith(0).Json();
        var (import, messages) = (orders.GetProperty("import").GetString()!, orders.GetProperty("messages").GetInt32());
        await scenario.Queues.UntilDeadLetteredAsync(messages + 1);

        var table = (await scenario.Environment.DeadLettersAsync("list")).ShouldExitWith(0).Output;
        table.Split(import).Length.ShouldBe(messages + 1);
        table.ShouldContain("unknown-dataset");
        table.ShouldContain("undecodable");
        (await scenario.Environment.DeadLettersAsync("list", "--json", "--import", import)).ShouldExitWith(0).Json().GetArrayLength().ShouldBe(messages);

        // The cause: this consumer knows the dataset.
        await scenario.Consumers.TerminateAsync();
        (await scenario.Environment.MigrateAsync(datasets)).ShouldExitWith(0);
        scenario.Consumers.Start(datasets);
        (await scenario.Environment.DeadLettersAsync("replay", "--import", import)).ShouldExitWith(0).Output.ShouldContain($"{messages} messages replayed");
        var books = await scenario.Environment.WaitUntilCompleteAsync(Guid.Parse(import));
        books.GetProperty("inserted").GetInt64().ShouldBe(books.GetProperty("rowsRead").GetInt64());

        // What is still poison is dead-lettered again.
        (await scenario.Environment.DeadLettersAsync("replay")).ShouldExitWith(0).Output.ShouldContain("1 message replayed");
        await scenario.Queues.UntilDeadLetteredAsync(1);
        (await scenario.Environment.DeadLettersAsync("purge")).ShouldExitWith(64).Error.ShouldContain("--yes");
        (await scenario.Queues.DeadLetteredAsync()).ShouldBe(1);
        (await PurgeAtTerminalAsync(scenario, "n\n")).ShouldExitWith(0).Output.ShouldContain("Nothing was purged.");
        (await scenario.Queues.DeadLetteredAsync()).ShouldBe(1);
        (await PurgeAtTerminalAsync(scenario, "y\n")).ShouldExitWith(0).Output.ShouldContain("1 message purged");
        await scenario.VerdictAsync();
    }

    // The program `script` runs a command on a terminal that it makes.
    private static Task<ProgramResult> PurgeAtTerminalAsync(FaultScenario scenario, string answer) => Programs.RunAsync(
        "script",
        ["-qec", $"'{Path.Combine(Programs.FolderOf("consumer"), "consumer")}' dead-letters purge --broker '{scenario.Broker}' --queue {scenario.Queue}", "/dev/null"],
        scenario.Folder,
        input: Encoding.UTF8.GetBytes(answer));
}
