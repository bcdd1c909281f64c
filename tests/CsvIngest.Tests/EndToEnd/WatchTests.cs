using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using CsvIngest.Testing;
using Microsoft.Data.Sqlite;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.EndToEnd;

/// <summary><c>producer --watch</c>, on the embedded default.</summary>
public sealed class WatchTests : IDisposable
{
    private const string Ann = "email,name\nann@example.com,Ann\n";

    private readonly WorkFolder _folder = new();

    public WatchTests() => Directory.CreateDirectory(_folder["in"]);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_arrives_is_imported_with_one_line_of_log_and_the_watch_ends_with_0()
    {
        await using var watch = Start("--settle", "100ms", "--move-to", "done", "--failed-to", "failed");
        await watch.WaitForErrorLine("Watching in");
        _folder.Write("in/.hidden.csv", Ann);
        _folder.Write("in/a.csv.part", Ann);
        File.Move(_folder["in/a.csv.part"], _folder["in/a.csv"]);
        (await watch.WaitForErrorLine("a.csv: done, 1 read: 1 sent, 0 duplicate, 0 rejected; import"))
            .ShouldEndWith($", moved to {_folder["done/a.csv"]}");
        _folder.Write("in/bad.csv", "town\nUlm\n");
        (await watch.WaitForErrorLine("bad.csv: not imported, moved to")).ShouldContain("Pass --map email=");
        _folder.Write("in/a.csv", Ann);
        (await watch.WaitForErrorLine("a.csv: done")).ShouldEndWith($"moved to {_folder["done/a.2.csv"]} because its name was taken");

        watch.SendSignal(Signal.Terminate);

        var result = (await watch.WaitForExitAsync()).ShouldExitWith(0);
        result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(5, result.ToString());
        Names("in").ShouldBe([".hidden.csv"]);
        Names("failed").ShouldBe(["bad.csv", "bad.errors.csv"]);
    }

    [Fact]
    public async Task An_archive_is_moved_with_the_last_of_its_tables_and_set_aside_with_the_first_that_is_unusable()
    {
        Pack("in/good.zip", ("a.csv", Ann), ("b.csv", "email,name\nbob@example.com,Bob\n"));
        Pack("in/bad.zip", ("a.csv", Ann), ("b.csv", "<html></html>"), ("c.csv", Ann));
        await using var watch = Start("--settle", "100ms", "--move-to", "done", "--failed-to", "failed");

        await Poll.UntilAsync(() => Names("in").Count == 0, watch.ToString);
        watch.SendSignal(Signal.Terminate);

        var error = (await watch.WaitForExitAsync()).ShouldExitWith(0).Error;
        error.ShouldContain("good.zip/a.csv: done");
        error.ShouldMatch("good.zip/b.csv: done, .*, moved to .*/done/good.zip\n");
        error.ShouldContain("bad.zip/a.csv: done");
        error.ShouldMatch("bad.zip/b.csv: not imported, moved to .*/failed/bad.zip: This is an HTML page");
        error.ShouldNotContain("bad.zip/c.csv");
        Names("done").ShouldBe(["good.zip"]);
        Names("failed").ShouldBe(["bad.errors.csv", "bad.zip"]);

        void Pack(string path, params (string Name, string Text)[] members)
        {
            using var archive = ZipFile.Open(_folder[path], ZipArchiveMode.Create);
            foreach (var (name, text) in members)
            {
                using var member = archive.CreateEntry(name).Open();
                member.Write(Encoding.UTF8.GetBytes(text));
            }
        }
    }

    [Fact]
    public async Task Without_a_folder_to_move_to_a_file_is_imported_once_until_it_changes()
    {
        _folder.Write("in/a.csv", Ann);
        await using (var watch = Start("--settle", "100ms"))
        {
            await watch.WaitForErrorLine("a.csv: done");
            await watch.KillAsync();
        }

        await using var again = Start("--settle", "100ms");
        await again.WaitForErrorLine("a.csv: already imported and unchanged since");
        _folder.Write("in/a.csv", Ann + "bob@example.com,Bob\n");
        await again.WaitForErrorLine("a.csv: done, 2 read");
        again.SendSignal(Signal.HangUp);

        (await again.WaitForExitAsync()).ShouldExitWith(0);
    }

    [Fact]
    public async Task A_watch_survives_a_broker_that_stays_away_and_a_folder_that_disappears()
    {
        _folder.Write("in/a.csv", Ann);
        await using var watch = Start("--settle", "100ms", "--broker-timeout", "100ms", "--broker", "amqp://127.0.0.1:1");
        await watch.WaitForErrorLine("It is tried again");
        await watch.WaitForErrorLine("It is tried again");
        Directory.Move(_folder["in"], _folder["gone"]);
        await watch.WaitForErrorLine("in cannot be listed, trying again");
        Directory.Move(_folder["gone"], _folder["in"]);
        await watch.WaitForErrorLine("in can be listed again");
        watch.SendSignal(Signal.Terminate);

        (await watch.WaitForExitAsync()).ExitCode.ShouldBeOneOf(0, 130);
    }

    [Fact]
    public async Task An_interrupted_import_ends_the_watch_with_130_and_is_resumed()
    {
        _folder.Write("first.csv", Ann);
        (await Programs.RunAsync("producer", ["--file", "first.csv"], _folder)).ShouldExitWith(0);
        _folder.Write("in/a.csv", Rows("a", 2_000));
        ProgramResult stopped;
        await using (var connection = new SqliteConnection($"Data Source={_folder["csvingest.db"]};Pooling=false"))
        {
            // The import waits for its broker, and not for longer than it takes to stop.
            connection.Open();
            await using var writing = connection.BeginTransaction(deferred: false);
            await using var watch = Start("--settle", "100ms", "--verbose", "--rows-per-message", "1", "--move-to", "done");
            await watch.WaitForErrorLine("a.csv: `,` separated");
            watch.SendSignal(Signal.Terminate);
            stopped = await watch.WaitForExitAsync();
        }

        stopped.ShouldExitWith(130).ShouldSay("a.csv: interrupted; rows confirmed so far: 0");
        await using var again = Start("--settle", "100ms", "--move-to", "done");
        await again.WaitForErrorLine("a.csv: done, 2000 read: 2000 sent");
    }

    [Fact]
    public async Task Two_watches_share_a_folder()
    {
        await using var one = Start("--settle", "100ms", "--move-to", "done");
        await using var other = Start("--settle", "100ms", "--move-to", "done");
        await one.WaitForErrorLine("Watching");
        await other.WaitForErrorLine("Watching");
        for (var i = 0; i < 30; i++)
        {
            _folder.Write($"in/{i}.csv", Rows($"f{i}", 3));
        }

        await Poll.UntilAsync(() => Names("done").Count == 30 && Names("in").Count == 0, () => $"{one}\n{other}");
        await one.KillAsync();
        await other.KillAsync();

        await CheckTablesAsync(files: 30, rows: 90);
    }

    [Theory]
    [InlineData(64, "--move-to: ", "--watch", "in", "--move-to", "in/../in")]
    [InlineData(64, "--failed-to: ", "--watch", "in/*.csv", "--failed-to", "link")]
    [InlineData(64, "--watch: cannot be combined", "--watch", "in", "--file", "a.csv")]
    [InlineData(64, "--watch: cannot be combined", "--watch", "in", "--dry-run")]
    [InlineData(64, "--watch: cannot be combined", "--watch", "in", "--restart")]
    [InlineData(64, "--watch is empty", "--watch", "")]
    [InlineData(66, "There is no folder none", "--watch", "none")]
    public async Task A_watch_that_cannot_work_is_told_at_its_start(int exitCode, string message, params string[] arguments)
    {
        File.CreateSymbolicLink(_folder["link"], _folder["in"]);

        (await Programs.RunAsync("producer", arguments, _folder)).ShouldExitWith(exitCode).ShouldSay(message);
    }

    [Fact]
    public async Task A_watch_that_is_killed_again_and_again_imports_every_row_once()
    {
        const int Files = 200;
        const int RowsPerFile = 20;
        string[] bad = [.. Enumerable.Range(0, 10).Select(i => $"bad{i}.csv")];
        var random = new Random(20);
        // Longer than the pauses of a sender on a busy machine.
        string[] flags = ["--settle", "1s", "--move-to", "done", "--failed-to", "failed", "--max-rejects", "50%", "--rows-per-message", "3"];
        var sending = Task.Run(() => Send(Files, RowsPerFile, bad), TestContext.Current.CancellationToken);
        for (var kill = 0; kill < 5; kill++)
        {
            await using var watch = Start(flags);
            await watch.WaitForErrorLine("Watching");
            for (var imports = random.Next(1, 25); imports > 0; imports--)
            {
                await watch.WaitForErrorLine(": done");
            }

            // Some imports take a few milliseconds, and the kill is to hit any part of one.
            await Task.Delay(random.Next(0, 15), TestContext.Current.CancellationToken);
            await watch.KillAsync();
        }

        await sending;
        await using (var last = Start(flags))
        {
            await Poll.UntilAsync(() => Names("in").Count == 0, () => $"left: {string.Join(", ", Names("in"))}\n{last}");
            last.SendSignal(Signal.Terminate);
            (await last.WaitForExitAsync()).ShouldExitWith(0);
        }

        Names("done").ShouldBe(Enumerable.Range(0, Files).Select(i => $"{i}.csv"), ignoreOrder: true);
        Names("failed").Where(name => !name.Contains("rejected") && !name.Contains("errors")).ShouldBe(bad, ignoreOrder: true);
        Names("failed").Count(name => name.EndsWith(".errors.csv", StringComparison.Ordinal)).ShouldBe(bad.Length);
        await CheckTablesAsync(Files, Files * RowsPerFile);
    }

    /// <summary>Drops files in the three ways of senders: at once, slowly, and under another name first.</summary>
    private void Send(int files, int rows, string[] bad)
    {
        for (var i = 0; i < files; i++)
        {
            var text = Rows($"f{i}", rows);
            switch (i % 3)
            {
                case 0:
                    _folder.Write($"in/{i}.csv", text);
                    break;
                case 1:
                    _folder.Write($"in/{i}.csv.part", text);
                    File.Move(_folder[$"in/{i}.csv.part"], _folder[$"in/{i}.csv"]);
                    break;
                default:
                    using (var file = new FileStream(_folder[$"in/{i}.csv"], FileMode.Create, FileAccess.Write, FileShare.ReadWrite))
                    {
                        foreach (var part in Encoding.UTF8.GetBytes(text).Chunk(150))
                        {
                            file.Write(part);
                            file.Flush();
                            Thread.Sleep(10);
                        }
                    }

                    break;
            }

            if (i % 20 == 7)
            {
                _folder.Write($"in/{bad[i / 20]}", i % 40 == 7 ? "town\nUlm\n" : $"email,name\nnobody{i},N\n");
            }
        }
    }

    private async Task CheckTablesAsync(int files, int rows)
    {
        (await Programs.RunAsync("consumer", ["migrate"], _folder)).ShouldExitWith(0);
        (await Programs.RunAsync("consumer", ["--drain"], _folder)).ShouldExitWith(0);
        var books = (await Programs.RunAsync("consumer", ["status", "--json"], _folder)).ShouldExitWith(0).Json().EnumerateArray().ToList();
        books.Count.ShouldBe(files, "imports");
        books.Sum(book => Number(book, "inserted")).ShouldBe(rows);
        books.Sum(book => Number(book, "duplicate")).ShouldBe(0);
    }

    private static long Number(JsonElement book, string name) => book.GetProperty(name).GetInt64();

    private static string Rows(string people, int count) =>
        "email,name\n" + string.Concat(Enumerable.Range(0, count).Select(i => string.Create(CultureInfo.InvariantCulture, $"{people}.{i}@example.com,N\n")));

    private List<string> Names(string folder) =>
    [
        .. Directory.EnumerateFiles(_folder[folder], "*", new EnumerationOptions { AttributesToSkip = FileAttributes.None })
            .Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal),
    ];

    private RunningProgram Start(params string[] flags) => Programs.Start("producer", ["--watch", "in", .. flags], _folder);
}
