using System.IO.Compression;
using System.Text;
using System.Text.Json;
using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.EndToEnd;

/// <summary>What <c>--file</c> may name, and what becomes of the files.</summary>
public sealed class ProducerSourcesTests : IDisposable
{
    private const string Ann = "email,name\nann@example.com,Ann\n";
    private const string Bob = "email,name\nbob@example.com,Bob\n";

    private readonly WorkFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Several_files_a_folder_and_a_pattern_are_taken_once_each_in_order()
    {
        Directory.CreateDirectory(_folder["in"]);
        _folder.Write("in/b.csv", Bob);
        _folder.Write("in/a.csv", Ann);
        _folder.Write("in/a.rejected.csv", Ann);
        _folder.Write("in/a.errors.csv", "line,column,code,reason\n");
        _folder.Write("in/notes.md", "no table");
        _folder.Write("in/.hidden.csv", Ann);
        _folder.Write("z.csv", Ann);

        var summaries = (await ProduceAsync("--file", "z.csv", "in", "in/*.csv", "--dry-run")).ShouldExitWith(0).JsonLines();

        summaries.Select(summary => summary.GetProperty("source").GetString()).ShouldBe(["z.csv", "a.csv", "b.csv"]);
    }

    [Fact]
    public async Task A_file_whose_name_holds_a_star_or_an_at_sign_is_that_file()
    {
        _folder.Write("a*.csv", Ann);
        _folder.Write("@b.csv", Bob);

        var summaries = (await ProduceAsync("--file", "a*.csv", "--file", "@b.csv", "--dry-run")).ShouldExitWith(0).JsonLines();

        summaries.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Standard_input_is_read_to_its_end()
    {
        var result = await Programs.RunAsync(
            "producer", ["--file", "-", "--dry-run", "--print", "--quiet"], _folder, input: Encoding.UTF8.GetBytes(Ann));

        result.ShouldExitWith(0).Output.Trim().ShouldBe(
            """{"source":"stdin","line":2,"values":{"email":"ann@example.com","full_name":"Ann"}}""");
    }

    [Fact]
    public async Task Pipes_with_names_of_their_own_have_rejects_files_of_their_own()
    {
        foreach (var name in (string[])["customers", "leads.csv"])
        {
            var summary = (await Programs.RunAsync(
                "producer", ["--file", "-", "--source-name", name, "--json"], _folder, input: "email,name\nnobody,N\n"u8.ToArray())).ShouldExitWith(0).Json();
            (summary.GetProperty("source").GetString(), summary.GetProperty("rejectsFile").GetString())
                .ShouldBe((name, _folder[name.Split('.')[0] + ".rejected.csv"]));
        }
    }

    [Fact]
    public async Task A_pipe_is_imported_and_leaves_no_state()
    {
        (await Programs.RunAsync("mkfifo", [_folder["pipe.csv"]], _folder)).ShouldExitWith(0);
        await using var writer = Programs.Start("bash", ["-c", $"printf '{Ann.Replace("\n", "\\n", StringComparison.Ordinal)}' > pipe.csv"], _folder);

        var summary = (await ProduceAsync("--file", "pipe.csv")).ShouldExitWith(0).Json();

        summary.GetProperty("rowsSent").GetInt64().ShouldBe(1);
        Directory.GetFiles(_folder.FullPath, "*.csvingest", new EnumerationOptions { AttributesToSkip = FileAttributes.None }).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_producer_that_waits_for_a_pipe_to_be_opened_can_be_stopped()
    {
        (await Programs.RunAsync("mkfifo", [_folder["pipe.csv"]], _folder)).ShouldExitWith(0);
        await using var producer = Programs.Start("producer", ["--file", "pipe.csv"], _folder);
        await producer.WaitForErrorLine("Publishing to queue");
        producer.SendSignal(Signal.Terminate);

        (await producer.WaitForExitAsync()).ShouldExitWith(130).Error.ShouldNotContain("Run the same command again");
    }

    [Fact]
    public async Task A_pipe_that_was_interrupted_is_not_said_to_be_resumable()
    {
        (await Programs.RunAsync("mkfifo", [_folder["pipe.csv"]], _folder)).ShouldExitWith(0);
        await using var writer = Programs.Start("bash", ["-c", "yes 'ann@example.com,Ann' > pipe.csv"], _folder);
        await using var producer = Programs.Start("producer", ["--file", "pipe.csv", "--no-header"], _folder);
        await producer.WaitForErrorLine("dataset contacts, import");
        producer.SendSignal(Signal.Interrupt);

        (await producer.WaitForExitAsync()).ShouldExitWith(130).Error.ShouldNotContain("Run the same command again");
    }

    [Fact]
    public async Task Gzip_is_read_as_it_is_whatever_its_name()
    {
        foreach (var name in (string[])["ann.csv.gz", "ann.csv"])
        {
            await using (var gzip = new GZipStream(File.Create(_folder[name]), CompressionLevel.Fastest))
            {
                gzip.Write(Encoding.UTF8.GetBytes(Ann + "nobody,X\n"));
            }

            var summary = (await ProduceAsync("--file", name, "--dry-run")).ShouldExitWith(0).Json();
            summary.GetProperty("rowsSent").GetInt64().ShouldBe(1);
            summary.GetProperty("bytes").GetInt64().ShouldBe(new FileInfo(_folder[name]).Length);
            File.Exists(_folder["ann.errors.csv"]).ShouldBeTrue();
        }
    }

    [Fact]
    public async Task A_compression_bomb_is_stopped_unless_it_is_trusted()
    {
        await using (var gzip = new GZipStream(File.Create(_folder["bomb.csv.gz"]), CompressionLevel.SmallestSize))
        {
            gzip.Write("email,name\n"u8);
            var line = Encoding.UTF8.GetBytes(new string(' ', 1023) + "\n");
            for (var i = 0; i < 100 * 1024; i++)
            {
                gzip.Write(line);
            }
        }

        (await ProduceAsync("--file", "bomb.csv.gz", "--dry-run")).ShouldExitWith(65).Error.ShouldContain("--max-expansion");
        (await ProduceAsync("--file", "bomb.csv.gz", "--dry-run", "--max-expansion", "2000")).ShouldExitWith(0);
    }

    [Fact]
    public async Task Damaged_gzip_is_an_unusable_file()
    {
        await File.WriteAllBytesAsync(_folder["bad.csv.gz"], [0x1f, 0x8b, 8, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);

        (await ProduceAsync("--file", "bad.csv.gz", "--dry-run")).ShouldExitWith(65);
    }

    [Theory]
    [InlineData(0, "more", 0)]
    [InlineData(0, "zeros", 0)]
    [InlineData(0, "text", 65)]
    [InlineData(0, "one byte", 65)]
    [InlineData(0, "half a magic number", 65)]
    [InlineData(0, "damaged header", 65)]
    [InlineData(0, "cut header", 65)]
    [InlineData(0, "cut member", 65)]
    [InlineData(0, "zeros, more", 65)]
    [InlineData(20_000, "more", 0)]
    [InlineData(20_000, "zeros", 0)]
    [InlineData(20_000, "text", 65)]
    [InlineData(20_000, "damaged header", 65)]
    [InlineData(20_000, "zeros, more", 65)]
    public async Task Gzip_data_counts_to_its_end_and_nothing_after_a_member_is_dropped(int rows, string end, int exitCode)
    {
        var first = Gzip("email,name\n" + string.Concat(Enumerable.Range(0, rows).Select(row => $"{Guid.NewGuid()}@example.com,{row}\n")));
        var more = Gzip(string.Concat(Enumerable.Range(0, rows + 1).Select(row => $"{Guid.NewGuid()}@example.com,{row}\n")));
        var zeros = new byte[rows + 600];
        await File.WriteAllBytesAsync(_folder["f.csv.gz"], [.. first, .. end switch
        {
            "more" => more,
            "zeros" => zeros,
            "text" => Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("ann@example.com,Ann\n", 1 + rows))),
            "one byte" => "x"u8.ToArray(),
            "half a magic number" => [0x1f],
            "damaged header" => [0x1f, 0x8c, .. more[2..]],
            "cut header" => more[..5],
            "cut member" => more[..^3],
            _ => [.. zeros, .. more],
        }]);

        var result = (await ProduceAsync("--file", "f.csv.gz", "--dry-run")).ShouldExitWith(exitCode);

        if (exitCode == 0)
        {
            result.Json().GetProperty("rowsSent").GetInt64().ShouldBe(end == "more" ? (2 * rows) + 1 : rows);
        }
        else
        {
            result.Error.ShouldContain("The gzip data is damaged");
        }
    }

    [Fact]
    public async Task Each_table_of_an_archive_is_imported_and_the_archive_moved_after_the_last()
    {
        WriteArchive("f.zip", ("a.csv", Ann), ("x/b.csv", Bob + "nobody,N\n"), ("__MACOSX/._a.csv", "x"), ("notes.pdf", "x"));

        var result = (await ProduceAsync("--file", "f.zip", "--move-to", "done")).ShouldExitWith(0);

        result.JsonLines().Select(summary => (summary.GetProperty("source").GetString(), summary.GetProperty("rowsSent").GetInt64()))
            .ShouldBe([("f.zip/a.csv", 1), ("f.zip/x/b.csv", 1)]);
        result.Error.ShouldContain("f.zip: files in the archive that are passed over: 2 (__MACOSX/._a.csv, notes.pdf)");
        Directory.GetFiles(_folder.FullPath).Select(Path.GetFileName).Order(StringComparer.Ordinal)
            .ShouldBe(["csvingest.db", "f.b.errors.csv", "f.b.rejected.csv"]);
        File.Exists(_folder["done/f.zip"]).ShouldBeTrue();
    }

    [Fact]
    public async Task An_archive_with_an_unusable_table_stays_where_it_is_and_the_others_are_imported()
    {
        WriteArchive("f.zip", ("a.csv", ""), ("b.csv", Bob));

        var result = (await ProduceAsync("--file", "f.zip", "--move-to", "done")).ShouldExitWith(65);

        result.JsonLines().Select(summary => summary.GetProperty("outcome").GetString()).ShouldBe(["failed", "done"]);
        File.Exists(_folder["f.zip"]).ShouldBeTrue();
    }

    [Fact]
    public async Task An_archive_in_a_folder_counts_as_its_table()
    {
        Directory.CreateDirectory(_folder["in"]);
        WriteArchive("in/a.csv.zip", ("a.csv", Ann + "nobody,N\n"));

        (await ProduceAsync("--file", "in", "--dry-run")).ShouldExitWith(0).Json().GetProperty("source").GetString().ShouldBe("a.csv.zip");
        File.Exists(_folder["in/a.errors.csv"]).ShouldBeTrue();
    }

    [Fact]
    public async Task An_archive_cannot_be_read_from_a_pipe()
    {
        WriteArchive("f.zip", ("a.csv", Ann));

        var result = await Programs.RunAsync(
            "producer", ["--file", "-", "--dry-run"], _folder, input: await File.ReadAllBytesAsync(_folder["f.zip"]));

        result.ShouldExitWith(65).Error.ShouldContain("This is a ZIP archive, not a CSV file.");
        result.Error.ShouldContain("save it to a file, and import that.");
    }

    [Fact]
    public async Task A_file_is_moved_after_its_last_confirm_and_never_over_another()
    {
        _folder.Write("ann.csv", Ann);
        (await ProduceAsync("--file", "ann.csv", "--move-to", "done")).ShouldExitWith(0);
        File.Exists(_folder["ann.csv"]).ShouldBeFalse();
        _folder.Read("done/ann.csv").ShouldBe(Ann);

        _folder.Write("ann.csv", Bob);
        (await ProduceAsync("--file", "ann.csv", "--move-to", "done")).ShouldExitWith(0)
            .ShouldSay($"ann.csv: moved to {_folder["done/ann.2.csv"]} because its name was taken");
        _folder.Read("done/ann.csv").ShouldBe(Ann);
        _folder.Read("done/ann.2.csv").ShouldBe(Bob);
    }

    [Fact]
    public async Task One_unusable_file_does_not_keep_the_others_out()
    {
        _folder.Write("empty.csv", "");
        _folder.Write("bob.csv", Bob);

        var result = (await ProduceAsync("--file", "empty.csv", "bob.csv")).ShouldExitWith(65);

        result.JsonLines().Select(summary => summary.GetProperty("outcome").GetString()).ShouldBe(["failed", "done"]);
        result.Error.ShouldContain("empty.csv: The file is empty");
    }

    [Fact]
    public async Task A_folder_or_pattern_without_files_does_not_keep_the_others_out()
    {
        Directory.CreateDirectory(_folder["empty"]);
        _folder.Write("bob.csv", Bob);

        var result = (await ProduceAsync("--file", "empty/", "none*.csv", "bob.csv", "--dry-run")).ShouldExitWith(66);

        result.JsonLines().Select(summary => summary.GetProperty("outcome").GetString()).ShouldBe(["failed", "failed", "dry-run"]);
        result.Error.ShouldContain("There is no file to import in");
    }

    [Fact]
    public async Task A_file_is_waited_for_until_its_size_stays()
    {
        _folder.Write("ann.csv", Ann);

        var result = (await ProduceAsync("--file", "ann.csv", "--settle", "300ms")).ShouldExitWith(0);

        result.Error.ShouldContain("waiting until its size and time have not changed");
    }

    [Fact]
    public async Task Rejects_can_be_mended_and_fed_again()
    {
        var messy = _folder.CopyIn("samples/contacts-messy.csv");
        (await ProduceAsync("--file", messy, "--dry-run")).ShouldExitWith(0);
        var errors = _folder.Read("contacts-messy.errors.csv");
        errors.ShouldBe(File.ReadAllText(Repository.PathOf("samples", "contacts-messy.errors.csv")));
        File.GetUnixFileMode(_folder["contacts-messy.rejected.csv"]).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);

        var again = (await ProduceAsync("--file", "contacts-messy.rejected.csv", "--dry-run")).ShouldExitWith(0).Json();

        again.GetProperty("rowsSent").GetInt64().ShouldBe(0);
        Codes(_folder.Read("contacts-messy.rejected.errors.csv")).ShouldBe(Codes(errors));
    }

    [Fact]
    public async Task The_messy_orders_are_rejected_as_expected()
    {
        var orders = _folder.CopyIn("samples/orders-messy.csv");

        (await ProduceAsync("--file", orders, "--dataset", _folder.CopyIn("samples/orders.json"), "--dry-run")).ShouldExitWith(0);

        _folder.Read("orders-messy.errors.csv").ShouldBe(File.ReadAllText(Repository.PathOf("samples", "orders-messy.errors.csv")));
    }

    [Fact]
    public async Task What_an_earlier_run_rejected_is_gone_when_a_run_rejects_nothing()
    {
        _folder.Write("ann.csv", "email,name\nnobody,Ann\n");
        (await ProduceAsync("--file", "ann.csv", "--dry-run")).ShouldExitWith(0);
        File.Exists(_folder["ann.errors.csv"]).ShouldBeTrue();

        _folder.Write("ann.csv", Ann);
        (await ProduceAsync("--file", "ann.csv", "--dry-run")).ShouldExitWith(0).Json().GetProperty("rejectsFile").ValueKind
            .ShouldBe(JsonValueKind.Null);
        File.Exists(_folder["ann.errors.csv"]).ShouldBeFalse();
        File.Exists(_folder["ann.rejected.csv"]).ShouldBeFalse();
    }

    [Fact]
    public async Task Files_of_one_name_have_rejects_files_of_their_own()
    {
        Directory.CreateDirectory(_folder["a"]);
        string[] files = ["data.csv", "a/data.csv", "data.tsv", "data.2.csv"];
        foreach (var (file, number) in files.Select((file, number) => (file, number)))
        {
            _folder.Write(file, $"email,name\nnobody{number},N\n");
        }

        (await ProduceAsync(["--rejects", "out", "--dry-run", "--file", .. files])).ShouldExitWith(0);

        string[] written = ["data.rejected.csv", "data.2.rejected.csv", "data.3.rejected.csv", "data.2.2.rejected.csv"];
        written.Select(name => _folder.Read("out/" + name).Split('\n')[1]).ShouldBe(["nobody0,N", "nobody1,N", "nobody2,N", "nobody3,N"]);
        Directory.GetFiles(_folder["out"]).Length.ShouldBe(8);
    }

    private static List<string> Codes(string errors) => [.. errors.Split('\n').Skip(1).Where(line => line.Length > 0).Select(line => line.Split(',')[2])];

    private void WriteArchive(string name, params (string Member, string Text)[] members)
    {
        using var archive = new ZipArchive(File.Create(_folder[name]), ZipArchiveMode.Create);
        foreach (var (member, text) in members)
        {
            using var entry = archive.CreateEntry(member).Open();
            entry.Write(Encoding.UTF8.GetBytes(text));
        }
    }

    private static byte[] Gzip(string text)
    {
        using var bytes = new MemoryStream();
        using (var gzip = new GZipStream(bytes, CompressionLevel.Fastest))
        {
            gzip.Write(Encoding.UTF8.GetBytes(text));
        }

        return bytes.ToArray();
    }

    private Task<ProgramResult> ProduceAsync(params string[] arguments) => Programs.RunAsync("producer", [.. arguments, "--json"], _folder);
}
