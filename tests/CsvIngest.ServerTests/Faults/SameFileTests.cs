using CsvIngest.ServerTests.Servers;
using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.Faults;

/// <summary>F9: the same rows come from two producers.</summary>
public sealed class SameFileTests(BrokerServer brokers, DatabaseServer databases)
{
    [Fact]
    public async Task A_second_producer_on_the_same_file_is_refused_with_75_and_the_first_completes()
    {
        await using var trial = await Trial.PrepareLinkedAsync(brokers, databases);
        var file = trial.Write(3_000);
        trial.BrokerLink.Delay = TimeSpan.FromMilliseconds(10);
        await using var first = file.StartProducer("--rows-per-message", "1");
        await trial.UntilQueuedAtLeastAsync(trial.Random.Next(1, 500));

        var second = await trial.ProduceAsync(trial.Folder, file.Path, "--restart");

        second.ShouldExitWith(75);
        second.ShouldSay("person.csv is being imported by another producer; wait for it to finish");
        first.HasExited.ShouldBeFalse("the fault came too late");
        trial.BrokerLink.Delay = TimeSpan.Zero;
        await file.WaitForExitAsync();
        (await trial.VerdictAsync()).Redelivered.ShouldBe(0);
    }

    [Fact]
    public async Task Two_copies_of_a_file_at_once_put_its_rows_in_once()
    {
        await using var trial = await Trial.PrepareLinkedAsync(brokers, databases);
        var file = trial.Write(20_000);
        File.Copy(file.Path, trial.Folder["copy.csv"]);
        var copy = trial.Take(file.Oracle, "copy.csv");
        trial.BrokerLink.Delay = TimeSpan.FromMilliseconds(10);
        await trial.StartConsumersAsync(2);

        await Task.WhenAll(file.ProduceAsync("--rows-per-message", "20"), copy.ProduceAsync("--rows-per-message", "30"));

        trial.BrokerLink.Delay = TimeSpan.Zero;
        (await trial.VerdictAsync()).Redelivered.ShouldBe(0);
        foreach (var import in (Guid[])[file.Import, copy.Import])
        {
            (await trial.CountAsync($"SELECT count(*) FROM contacts WHERE import_id = '{import}'"))
                .ShouldBePositive("one was through before the other began");
        }
    }
}
