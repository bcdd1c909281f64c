using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.Faults;

/// <summary>F9: the same rows come from two producers.</summary>
[Collection(nameof(BreakableBroker))]
public sealed class SameFileTests(BreakableBroker servers)
{
    [Fact]
    public async Task A_second_producer_on_the_same_file_is_refused_with_75_and_the_first_completes()
    {
        await using var run = await FaultRun.PrepareAsync(servers, rows: 3_000);
        run.BrokerLink.Delay = TimeSpan.FromMilliseconds(10);
        await using var first = run.StartProducer("--rows-per-message", "1");
        await run.UntilQueuedAsync(run.Random.Next(1, 500));

        var second = await run.ProduceAsync("--restart");

        second.ShouldExitWith(75);
        second.ShouldSay("many.csv is being imported by another producer; wait for it to finish");
        first.HasExited.ShouldBeFalse("the fault came too late");
        run.BrokerLink.Delay = TimeSpan.Zero;
        (await run.VerdictAsync(await first.WaitForExitAsync())).ShouldBe(0, "redelivered");
    }

    [Fact]
    public async Task Two_copies_of_a_file_at_once_put_its_rows_in_once()
    {
        await using var run = await FaultRun.PrepareAsync(servers, rows: 20_000);
        File.Copy(run.File.Path, run.Folder["copy.csv"]);
        run.BrokerLink.Delay = TimeSpan.FromMilliseconds(10);
        await using var consumer = run.StartConsumer();
        await using var other = run.StartConsumer();

        var produced = await Task.WhenAll(
            run.ProduceAsync("--rows-per-message", "20"),
            run.ProduceAsync(run.Folder, run.Folder["copy.csv"], "--rows-per-message", "30"));

        var books = new List<(long Inserted, long Duplicate)>();
        foreach (var result in produced)
        {
            result.ShouldExitWith(0);
            var book = await run.WaitUntilCompleteAsync(run.Folder, FaultRun.ImportOf(result));
            books.Add((book.GetProperty("inserted").GetInt64(), book.GetProperty("duplicate").GetInt64()));
        }

        books.Sum(book => book.Inserted).ShouldBe(run.File.FirstNames.Count);
        books.Sum(book => book.Duplicate).ShouldBe((2 * run.File.Duplicates) + run.File.FirstNames.Count);
        books.ShouldAllBe(book => book.Inserted > 0, "one was through before the other began");
        (await run.ContactsAsync("person")).Count.ShouldBe(run.File.FirstNames.Count);
    }
}
