using CsvIngest.ServerTests.EndToEnd.Harness;
using CsvIngest.ServerTests.Servers;
using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.EndToEnd.Faults;

/// <summary>Two producers publish the same rows.</summary>
public sealed class SameFileTests(BrokerServer brokers, DatabaseServer databases)
{
    [Fact]
    public async Task A_second_producer_on_the_same_file_is_rejected_with_75_and_the_first_completes()
    {
        await using var scenario = await FaultScenario.PrepareLinkedAsync(brokers, databases);
        var file = scenario.Write(3_000);
        scenario.BrokerLink.Delay = TimeSpan.FromMilliseconds(10);
        await using var first = file.StartProducer("--rows-per-message", "1");
        await scenario.UntilMidwayAsync(scenario.Random.Next(1, 500));

        var second = await scenario.Environment.ProduceAsync(file.Path, "--restart");

        second.ShouldExitWith(75);
        second.ShouldSay("person.csv is being imported by another producer; wait for it to finish");
        first.HasExited.ShouldBeFalse("the fault came too late");
        scenario.BrokerLink.Delay = TimeSpan.Zero;
        await file.WaitForExitAsync();
        (await scenario.VerdictAsync()).Redelivered.ShouldBe(0);
    }

    [Fact]
    public async Task Two_copies_of_a_file_imported_at_once_store_each_row_once()
    {
        await using var scenario = await FaultScenario.PrepareAsync(brokers, databases);
        var file = scenario.Write(10_000);
        File.Copy(file.Path, scenario.Folder["copy.csv"]);
        var copy = scenario.Verdict.Track(file.Oracle, "copy.csv");
        await scenario.Consumers.StartAsync(2);

        await using var first = file.StartProducer("--rows-per-message", "1");
        await scenario.Tables.UntilStoredAsync(1);
        first.SendSignal(Signal.Stop);
        await copy.ProduceAsync("--rows-per-message", "30");
        first.SendSignal(Signal.Continue);
        await file.WaitForExitAsync();

        (await scenario.VerdictAsync()).Redelivered.ShouldBe(0);
        foreach (var import in (Guid[])[file.Import, copy.Import])
        {
            (await scenario.Tables.CountAsync($"SELECT count(*) FROM contacts WHERE import_id = '{import}'"))
                .ShouldBePositive("one import was done before the other began");
        }
    }
}
