using System.IO.Compression;
using System.Text;
using CsvIngest.Testing;
using Microsoft.Data.Sqlite;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.EndToEnd;

/// <summary>A file that is written to while it is imported, on the embedded default.</summary>
public sealed class ChangingFileTests : IDisposable
{
    // About 1 KiB a row, a row a message: several times what is read ahead and what may be unconfirmed.
    private const int Rows = 6_000;

    // The file of its reason tells how far the producer has come.
    private const int RejectedRow = 200;

    private static readonly byte[] Whole = MakeFile();

    private readonly WorkFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_a_file_that_was_cut_while_it_is_read_ends_with_is_not_sent()
    {
        await File.WriteAllBytesAsync(_folder["f.csv"], Whole, TestContext.Current.CancellationToken);

        var changed = await ProduceHeldAsync(["f.csv"], _ => RunAsync("truncate", "-s", (Whole.Length * 3 / 4).ToString(), "f.csv"));

        changed.ShouldExitWith(75).ShouldSay("The file changed while it was read");
        (await AttributesAsync()).ShouldAllBe(attributes => attributes.EndsWith(" END\"}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_gzip_file_that_still_grows_ends_with_75_and_is_resumed_when_it_is_whole()
    {
        var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(Whole);
        }

        await GrowAsync("f.csv.gz", packed.ToArray(), stop: false, exitCode: 75);
    }

    [Fact]
    public async Task A_producer_that_is_stopped_while_its_file_grows_resumes_when_it_is_whole()
    {
        var stopped = await GrowAsync("f.csv", Whole, stop: true, exitCode: 130);

        var summary = stopped.Json();
        // One row a message, beside the opening.
        var slices = Number("messages") - 1;
        (Number("rowsSent") + Number("rowsRejected")).ShouldBe(slices);
        Number("rowsRead").ShouldBeGreaterThan(slices);

        long Number(string name) => summary.GetProperty(name).GetInt64();
    }

    [Fact]
    public async Task A_producer_that_is_stopped_says_130_even_where_its_state_cannot_be_written()
    {
        await File.WriteAllBytesAsync(_folder["f.csv"], Whole, TestContext.Current.CancellationToken);

        var stopped = await ProduceHeldAsync(["f.csv"], producer =>
        {
            File.Delete(_folder[".f.csv.csvingest"]);
            Directory.CreateDirectory(_folder[".f.csv.csvingest"]);
            producer.SendSignal(Signal.Terminate);
            return Task.CompletedTask;
        });

        stopped.ShouldExitWith(130).ShouldSay("cannot be written");
        File.Exists(_folder[".f.csv.csvingest.next"]).ShouldBeFalse();
    }

    [Fact]
    public async Task One_file_that_grows_does_not_keep_the_others_out()
    {
        await File.WriteAllBytesAsync(_folder["f.csv"], Whole[..^10], TestContext.Current.CancellationToken);
        _folder.Write("later.csv", "email,name,noise\nlater@example.com,N,Later END\n");

        var changed = await ProduceHeldAsync(["f.csv", "later.csv"], _ => AppendAsync("f.csv", Whole[^10..]));

        changed.ShouldExitWith(75).JsonLines().Select(line => line.GetProperty("outcome").GetString()).ShouldBe(["failed", "done"]);
    }

    private async Task<ProgramResult> GrowAsync(string name, byte[] whole, bool stop, int exitCode)
    {
        await File.WriteAllBytesAsync(_folder[name], whole[..(whole.Length / 2)], TestContext.Current.CancellationToken);
        var ended = await ProduceHeldAsync([name], async producer =>
        {
            await AppendAsync(name, whole[(whole.Length / 2)..(whole.Length * 3 / 4)]);
            if (stop)
            {
                producer.SendSignal(Signal.Terminate);
            }
        });
        ended.ShouldExitWith(exitCode).ShouldSay("Run the same command again");
        await AppendAsync(name, whole[(whole.Length * 3 / 4)..]);

        (await ProduceAsync(name)).ShouldExitWith(0).ShouldSay("resuming after row");
        (await AttributesAsync()).Count.ShouldBe(Rows);
        return ended;
    }

    // Not with a file of .NET's, which would ask for the producer's lock; other programs do not.
    private async Task AppendAsync(string name, byte[] bytes) =>
        (await Programs.RunAsync("bash", ["-c", $"cat >> {name}"], _folder, input: bytes)).ShouldExitWith(0);

    private static byte[] MakeFile()
    {
        var random = new Random(1);
        var noise = new byte[750];
        var text = new StringBuilder("email,name,noise\n");
        for (var i = 0; i < Rows; i++)
        {
            random.NextBytes(noise);
            text.Append($"p{i}{(i == RejectedRow ? "" : "@example.com")},N,{Convert.ToBase64String(noise)} END\n");
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>Runs the producer, and has it wait for its broker in the middle of the first file until that is done.</summary>
    private async Task<ProgramResult> ProduceHeldAsync(string[] files, Func<RunningProgram, Task> meanwhile)
    {
        _folder.Write("first.csv", "email,name,noise\nfirst@example.com,N,First END\n");
        (await ProduceAsync("first.csv")).ShouldExitWith(0);
        await using var connection = new SqliteConnection($"Data Source={_folder["csvingest.db"]};Pooling=false");
        connection.Open();
        await using var writing = connection.BeginTransaction(deferred: false);
        await using var producer = Programs.Start("producer", Arguments(files), _folder);
        await RunAsync("bash", "-c", "until [ -e .f.rejected.csv.part ]; do sleep 0.01; done");
        await meanwhile(producer);
        writing.Rollback();
        return await producer.WaitForExitAsync();
    }

    private Task<ProgramResult> ProduceAsync(params string[] files) => Programs.RunAsync("producer", Arguments(files), _folder);

    private static string[] Arguments(string[] files) => ["--json", "--rows-per-message", "1", "--file", .. files];

    private async Task RunAsync(string program, params string[] arguments) =>
        (await Programs.RunAsync(program, arguments, _folder)).ShouldExitWith(0);

    private async Task<List<string>> AttributesAsync()
    {
        await RunAsync("consumer", "migrate");
        await RunAsync("consumer", "--drain");
        await using var connection = new SqliteConnection($"Data Source={_folder["csvingest.db"]};Pooling=false");
        connection.Open();
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT attributes FROM contacts";
        await using var reader = await command.ExecuteReaderAsync();
        var attributes = new List<string>();
        while (await reader.ReadAsync())
        {
            attributes.Add(reader.GetString(0));
        }

        return attributes;
    }
}
