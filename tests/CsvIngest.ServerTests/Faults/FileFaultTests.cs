using System.IO.Compression;
using CsvIngest.Contracts;
using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.Faults;

/// <summary>F10: something befalls the file, or the state file, while an import is unfinished.</summary>
[Collection(nameof(BreakableBroker))]
public sealed class FileFaultTests(BreakableBroker servers)
{
    [Fact]
    public async Task A_file_that_is_another_one_than_before_the_crash_is_refused_with_65()
    {
        await using var run = await FaultRun.PrepareAsync(servers, rows: 5_000);
        await StopInTheMiddleAsync(run);
        var whole = await File.ReadAllBytesAsync(run.File.Path, TestContext.Current.CancellationToken);
        var written = File.GetLastWriteTimeUtc(run.File.Path);
        var cut = whole[..(Array.LastIndexOf(whole, (byte)'"') - 3)];
        var other = whole.ToArray();
        other[Array.IndexOf(other, (byte)'@') - 1] = (byte)'9';
        foreach (var (content, time, found) in (IEnumerable<(byte[], DateTime, string)>)
            [
                (cut, written, $"this one has {cut.Length}"),
                (other, written.AddSeconds(1), "last written at"),
                (other, written, "read otherwise now"),
            ])
        {
            await ReplaceAsync(run, content, time);
            (await run.ProduceAsync()).ShouldExitWith(65)
                .ShouldSay(found)
                .ShouldSay("Put the file back as it was")
                .ShouldSay("--restart");
        }

        await ReplaceAsync(run, whole, written);
        var resumed = await run.ProduceAsync();
        resumed.ShouldSay("Resuming after slice");
        (await run.VerdictAsync(resumed)).ShouldBe(0, "redelivered");
    }

    [Fact]
    public async Task A_damaged_or_foreign_state_file_is_refused_with_65_and_restart_begins_anew()
    {
        await using var run = await FaultRun.PrepareAsync(servers, rows: 500);
        foreach (var state in (string[])["", "{\"version\": 1, \"import\": ", "{\"name\": \"another program's\"}", "null"])
        {
            run.Folder.Write(".many.csv.csvingest", state);
            (await run.ProduceAsync()).ShouldExitWith(65)
                .ShouldSay("The state file " + run.StateFile)
                .ShouldSay("Say --restart to import the file from its start, as a new import");
        }

        (await run.QueuedAsync()).ShouldBe(0);
        (await run.VerdictAsync(await run.ProduceAsync("--restart"))).ShouldBe(0, "redelivered");
    }

    [Fact]
    public async Task The_state_of_another_queue_is_refused_with_65()
    {
        await using var run = await FaultRun.PrepareAsync(servers, rows: 3_000);
        await StopInTheMiddleAsync(run);

        var refused = await Programs.RunAsync(
            "producer", ["--file", run.File.Path, "--broker", run.Broker, "--queue", run.Queue + "-other"], run.Folder);

        refused.ShouldExitWith(65);
        refused.ShouldSay($"goes to queue {run.Queue} at");
        refused.ShouldSay($"not to queue {run.Queue}-other");
        refused.ShouldSay("--restart");
        await run.VerdictAsync(await run.ProduceAsync());
    }

    [Fact]
    public async Task With_restart_an_unfinished_import_is_forgotten_and_a_new_one_brings_everything()
    {
        await using var run = await FaultRun.PrepareAsync(servers, rows: 3_000);
        var stopped = await StopInTheMiddleAsync(run);

        var again = await run.ProduceAsync("--restart");

        again.ShouldExitWith(0);
        again.Error.ShouldNotContain("Resuming");
        FaultRun.ImportOf(again).ShouldNotBe(FaultRun.ImportOf(stopped));
        (await Programs.RunAsync("consumer", ["--drain", .. run.ConsumerFlags], run.Folder)).ShouldExitWith(0);
        var books = await run.WaitUntilCompleteAsync(run.Folder, FaultRun.ImportOf(again));
        books.GetProperty("rowsRead").GetInt64().ShouldBe(run.File.Rows);
        (await run.ContactsAsync("person")).ShouldBe(run.File.FirstNames, ignoreOrder: true);
        var old = await run.StatusAsync(FaultRun.ImportOf(stopped));
        old.ShouldExitWith(1);
        old.Output.ShouldContain("producer unfinished");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_file_that_grows_while_it_is_read_ends_with_75_and_is_resumed_when_it_is_whole(bool large)
    {
        await using var run = await FaultRun.PrepareAsync(servers, rows: large ? 60_000 : 5_000);
        var whole = await File.ReadAllBytesAsync(run.File.Path, TestContext.Current.CancellationToken);
        // Within a record, as an upload stops; the large one is more than is read ahead.
        var first = run.Random.Next(whole.Length * 5 / 10, whole.Length * 6 / 10);
        var second = run.Random.Next(whole.Length * 7 / 10, whole.Length * 9 / 10);
        await File.WriteAllBytesAsync(run.File.Path, whole[..first], TestContext.Current.CancellationToken);
        run.BrokerLink.Delay = TimeSpan.FromMilliseconds(10);
        string[] flags = ["--rows-per-message", large ? "20" : "1"];
        await using var producer = run.StartProducer(flags);
        await run.UntilQueuedAsync(run.Random.Next(1, 300));
        await AppendAsync(run, whole[first..second]);
        run.BrokerLink.Delay = TimeSpan.Zero;

        var changed = await producer.WaitForExitAsync();
        changed.ShouldExitWith(75);
        changed.ShouldSay("The file changed while it was read; it seems to be still being written");
        var sent = await run.QueuedAsync();
        await AppendAsync(run, whole[second..]);
        var resumed = await run.ProduceAsync();

        resumed.ShouldSay($"Resuming after slice {sent}:");
        (await run.VerdictAsync(resumed)).ShouldBe(0, "redelivered");
    }

    [Fact]
    public async Task A_file_that_ends_inside_quotes_has_its_last_record_refused_and_the_others_sent()
    {
        await using var run = await FaultRun.PrepareAsync(servers, rows: 100);
        var text = run.Folder.Write("cut.csv", "email,name\ncut.a@example.com,\"A, the first\"\ncut.b@example.com,\"B, the sec");

        var result = await run.ProduceAsync(run.Folder, text);

        result.ShouldExitWith(0);
        result.Json().GetProperty("rowsSent").GetInt64().ShouldBe(1);
        run.Folder.Read("cut.errors.csv").ShouldContain("3,,unbalanced-quote");
        await run.VerdictAsync(await run.ProduceAsync());
        (await run.ContactsAsync("cut")).ShouldBe(new Dictionary<string, string> { ["cut.a@example.com"] = "A, the first" });
    }

    [Fact]
    public async Task A_gzip_file_that_is_cut_short_is_refused_with_65()
    {
        await using var run = await FaultRun.PrepareAsync(servers, rows: 20_000);
        var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            await gzip.WriteAsync(await File.ReadAllBytesAsync(run.File.Path, TestContext.Current.CancellationToken), TestContext.Current.CancellationToken);
        }

        await File.WriteAllBytesAsync(run.Folder["cut.csv.gz"], packed.ToArray()[..(int)(packed.Length / 2)], TestContext.Current.CancellationToken);

        var result = await run.ProduceAsync(run.Folder, run.Folder["cut.csv.gz"]);

        result.ShouldExitWith(65);
        result.ShouldSay("gzip");
    }

    private static async Task<ProgramResult> StopInTheMiddleAsync(FaultRun run)
    {
        run.BrokerLink.Delay = TimeSpan.FromMilliseconds(10);
        await using var producer = run.StartProducer("--rows-per-message", "1");
        await run.UntilQueuedAsync(run.Random.Next(1, 1000));
        producer.SendSignal(Signal.Interrupt);
        var stopped = await producer.WaitForExitAsync();
        stopped.ShouldExitWith(130);
        run.BrokerLink.Delay = TimeSpan.Zero;
        return stopped;
    }

    private static async Task ReplaceAsync(FaultRun run, byte[] content, DateTime written)
    {
        await File.WriteAllBytesAsync(run.File.Path, content, TestContext.Current.CancellationToken);
        File.SetLastWriteTimeUtc(run.File.Path, written);
    }

    // Not with a file of .NET's, which would ask for the producer's lock; other programs do not.
    private static async Task AppendAsync(FaultRun run, byte[] bytes) =>
        (await Programs.RunAsync("bash", ["-c", "cat >> many.csv"], run.Folder, input: bytes)).ShouldExitWith(0);
}
