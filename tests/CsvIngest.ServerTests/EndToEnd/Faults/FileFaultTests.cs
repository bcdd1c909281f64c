using System.IO.Compression;
using CsvIngest.ServerTests.EndToEnd.Harness;
using CsvIngest.ServerTests.Servers;
using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.EndToEnd.Faults;

/// <summary>The file or its state file changes while an import is unfinished.</summary>
public sealed class FileFaultTests(BrokerServer brokers, DatabaseServer databases)
{
    [Fact]
    public async Task A_file_that_differs_from_the_one_before_the_crash_is_rejected_with_65()
    {
        await using var scenario = await FaultScenario.PrepareLinkedAsync(brokers, databases);
        var file = scenario.Write(5_000);
        await StopInTheMiddleAsync(scenario, file);
        var whole = await File.ReadAllBytesAsync(file.Path, TestContext.Current.CancellationToken);
        var written = File.GetLastWriteTimeUtc(file.Path);
        var cut = whole[..(Array.LastIndexOf(whole, (byte)'"') - 3)];
        var other = whole.ToArray();
        other[Array.IndexOf(other, (byte)'@') - 1] = (byte)'9';
        foreach (var (content, time, found) in (IEnumerable<(byte[], DateTime, string)>)
            [
                (cut, written, $"this one has {cut.Length}"),
                (other, written.AddSeconds(1), "last written at"),
                (other, written, "already published, has changed"),
            ])
        {
            await ReplaceAsync(file, content, time);
            (await file.ProduceAsync()).ShouldExitWith(65)
                .ShouldSay(found)
                .ShouldSay("Put the original file back")
                .ShouldSay("--restart");
        }

        await ReplaceAsync(file, whole, written);
        var resumed = await file.ProduceAsync();
        resumed.ShouldSay("resuming after row");
        (await scenario.VerdictAsync()).Redelivered.ShouldBe(0);
    }

    [Fact]
    public async Task A_damaged_or_foreign_state_file_is_rejected_with_65_and_restart_begins_a_new_import()
    {
        await using var scenario = await FaultScenario.PrepareLinkedAsync(brokers, databases);
        var file = scenario.Write(500);
        foreach (var state in (string[])["", "{\"version\": 1, \"import\": ", "{\"name\": \"another program's\"}", "null"])
        {
            scenario.Folder.Write(".person.csv.csvingest", state);
            (await file.ProduceAsync()).ShouldExitWith(65)
                .ShouldSay("The state file " + file.StateFile)
                .ShouldSay("Pass --restart to import the file from its start, as a new import");
        }

        (await scenario.Queues.QueuedAsync()).ShouldBe(0);
        await file.ProduceAsync("--restart");
        (await scenario.VerdictAsync()).Redelivered.ShouldBe(0);
    }

    [Fact]
    public async Task The_state_of_another_queue_is_rejected_with_65()
    {
        await using var scenario = await FaultScenario.PrepareLinkedAsync(brokers, databases);
        var file = scenario.Write(3_000);
        await StopInTheMiddleAsync(scenario, file);

        var rejected = await Programs.RunAsync(
            "producer", ["--file", file.Path, "--broker", scenario.Broker, "--queue", scenario.Queue + "-other"], scenario.Folder);

        rejected.ShouldExitWith(65);
        rejected.ShouldSay($"goes to queue {scenario.Queue} at");
        rejected.ShouldSay($"not to queue {scenario.Queue}-other");
        rejected.ShouldSay("--restart");
        await file.ProduceAsync();
        await scenario.VerdictAsync();
    }

    [Fact]
    public async Task With_restart_an_unfinished_import_is_abandoned_and_a_new_one_publishes_everything()
    {
        await using var scenario = await FaultScenario.PrepareLinkedAsync(brokers, databases);
        var file = scenario.Write(3_000);
        var stopped = file.Abandon(await StopInTheMiddleAsync(scenario, file));

        var again = await file.ProduceAsync("--restart");

        again.ShouldExitWith(0);
        again.Error.ShouldNotContain("Resuming");
        file.Import.ShouldNotBe(stopped);
        await scenario.VerdictAsync();
        var old = await scenario.Environment.StatusAsync($"{stopped}");
        old.ShouldExitWith(1);
        old.Output.ShouldMatch("producer unfinished|in progress");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_file_that_grows_while_it_is_read_ends_with_75_and_is_resumed_when_it_is_complete(bool large)
    {
        await using var scenario = await FaultScenario.PrepareLinkedAsync(brokers, databases);
        var file = scenario.Write(large ? 60_000 : 5_000);
        var whole = await File.ReadAllBytesAsync(file.Path, TestContext.Current.CancellationToken);
        // Inside a record, where an upload may pause. The large file exceeds what the producer reads ahead.
        var first = scenario.Random.Next(whole.Length * 5 / 10, whole.Length * 6 / 10);
        var second = scenario.Random.Next(whole.Length * 7 / 10, whole.Length * 9 / 10);
        await File.WriteAllBytesAsync(file.Path, whole[..first], TestContext.Current.CancellationToken);
        scenario.BrokerLink.Delay = TimeSpan.FromMilliseconds(10);
        string[] flags = ["--rows-per-message", large ? "20" : "1"];
        await using var producer = file.StartProducer(flags);
        await scenario.UntilMidwayAsync(scenario.Random.Next(1, 300));
        await AppendAsync(scenario, whole[first..second]);
        scenario.BrokerLink.Delay = TimeSpan.Zero;

        var changed = await file.WaitForExitAsync();
        changed.ShouldExitWith(75);
        changed.ShouldSay("The file changed while it was read; it is probably still being written");
        var sent = await scenario.Queues.QueuedSlicesAsync();
        await AppendAsync(scenario, whole[second..]);
        var resumed = await file.ProduceAsync();

        resumed.ShouldSay($"resuming after row {sent * (large ? 20 : 1):N0};");
        (await scenario.VerdictAsync()).Redelivered.ShouldBe(0);
    }

    [Fact]
    public async Task A_file_that_ends_inside_quotes_has_its_last_record_rejected_and_the_others_sent()
    {
        await using var scenario = await FaultScenario.PrepareLinkedAsync(brokers, databases);
        var file = scenario.Write(100);
        var text = scenario.Folder.Write("cut.csv", "email,name\ncut.a@example.com,\"A, the first\"\ncut.b@example.com,\"B, the sec");

        var result = await scenario.Environment.ProduceAsync(text);

        result.ShouldExitWith(0);
        result.Json().GetProperty("rowsSent").GetInt64().ShouldBe(1);
        scenario.Folder.Read("cut.errors.csv").ShouldContain("3,,unbalanced-quote");
        scenario.Verdict.ExpectContacts(new Dictionary<string, string> { ["cut.a@example.com"] = "A, the first" });
        await file.ProduceAsync();
        await scenario.VerdictAsync();
    }

    [Fact]
    public async Task A_truncated_gzip_file_is_rejected_with_65()
    {
        await using var scenario = await FaultScenario.PrepareLinkedAsync(brokers, databases);
        // So large that some of it is published before the producer reaches the missing end.
        var oracle = GeneratedFile.Write(scenario.Folder["packed.csv"], 100_000);
        var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            await gzip.WriteAsync(await File.ReadAllBytesAsync(oracle.Path, TestContext.Current.CancellationToken), TestContext.Current.CancellationToken);
        }

        var whole = packed.ToArray();
        var file = scenario.Verdict.Track(oracle, "packed.csv.gz");
        await File.WriteAllBytesAsync(file.Path, whole[..(whole.Length / 2)], TestContext.Current.CancellationToken);

        var result = await file.ProduceAsync("--rows-per-message", "100");

        result.ShouldExitWith(65);
        result.ShouldSay("gzip");
        result.Json().GetProperty("outcome").GetString().ShouldBe("failed");
        var sent = await scenario.Queues.QueuedSlicesAsync();
        // The producer does not wait for the last confirms.
        result.Json().GetProperty("messages").GetInt64().ShouldBeInRange(1, sent + 1);
        result.Json().GetProperty("rowsRead").GetInt64().ShouldBeInRange(sent * 100, oracle.Rows - 1);

        // What was published is an import that will never be completed: the whole file is another import.
        file.Abandon(result);
        await File.WriteAllBytesAsync(file.Path, whole, TestContext.Current.CancellationToken);
        await file.ProduceAsync("--restart");
        await scenario.VerdictAsync();
    }

    private static async Task<ProgramResult> StopInTheMiddleAsync(FaultScenario scenario, TrackedFile file)
    {
        scenario.BrokerLink.Delay = TimeSpan.FromMilliseconds(10);
        await using var producer = file.StartProducer("--rows-per-message", "1");
        await scenario.UntilMidwayAsync(scenario.Random.Next(1, 1000));
        producer.SendSignal(Signal.Interrupt);
        var stopped = await file.WaitForExitAsync();
        stopped.ShouldExitWith(130);
        scenario.BrokerLink.Delay = TimeSpan.Zero;
        return stopped;
    }

    private static async Task ReplaceAsync(TrackedFile file, byte[] content, DateTime written)
    {
        await File.WriteAllBytesAsync(file.Path, content, TestContext.Current.CancellationToken);
        File.SetLastWriteTimeUtc(file.Path, written);
    }

    // Not by File.Append, which would request the lock that the producer holds; other programs do not.
    private static async Task AppendAsync(FaultScenario scenario, byte[] bytes) =>
        (await Programs.RunAsync("bash", ["-c", "cat >> person.csv"], scenario.Folder, input: bytes)).ShouldExitWith(0);
}
