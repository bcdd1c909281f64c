using System.IO.Compression;
using System.Text;
using CsvIngest.Testing;
using Microsoft.Data.Sqlite;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.EndToEnd;

/// <summary>Paths that are not simply those of files: pipes, descriptors, names and folders that make trouble.</summary>
public sealed class ProducerPathsTests : IDisposable
{
    private const string Ann = "email,name\nann@example.com,Ann\n";
    private const string WithReject = "email,name\nann@example.com,Ann\n,Bob\n";

    private readonly WorkFolder _folder = new();

    public ProducerPathsTests()
    {
        Directory.CreateDirectory(_folder["here"]);
        Directory.CreateDirectory(_folder["in"]);
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("--file <(cat ../f.csv)", "fd63")]
    [InlineData("--file /dev/stdin < ../f.csv", "stdin")]
    [InlineData("--file /dev/fd/0 < ../f.csv", "stdin")]
    [InlineData("--file /proc/self/fd/3 3< ../f.csv", "fd3")]
    [InlineData("--file - < ../f.csv", "stdin")]
    [InlineData("--file ../in/pipe.csv & cat ../f.csv > ../in/pipe.csv; wait $!", "pipe")]
    public async Task What_is_not_a_file_on_disk_has_its_rejects_files_in_the_current_folder(string arguments, string name)
    {
        _folder.Write("f.csv", WithReject);
        await RunAsync("mkfifo in/pipe.csv");

        (await RunAsync($"cd here; \"$0\" {arguments}")).ShouldExitWith(0);

        _folder.Read($"here/{name}.errors.csv").ShouldContain("3,email,missing-value");
        Directory.GetFiles(_folder["here"]).Select(Path.GetFileName).Order()
            .ShouldBe(new[] { "csvingest.db", $"{name}.errors.csv", $"{name}.rejected.csv" }.Order());
    }

    [Theory]
    [InlineData('l')]
    [InlineData('\u8868')]
    public async Task The_files_about_a_file_fit_whatever_the_length_of_its_name(char letter)
    {
        // 255 bytes are the most that a name can have.
        var name = new string(letter, letter == 'l' ? 251 : 83) + ".csv";
        _folder.Write($"in/{name}", WithReject);

        (await Programs.RunAsync("producer", ["--file", $"in/{name}", "--state", "here"], _folder)).ShouldExitWith(0);
        (await Programs.RunAsync("producer", ["--file", $"in/{name}"], _folder)).ShouldExitWith(0);

        var errors = Directory.GetFiles(_folder["in"], "*.errors.csv").ShouldHaveSingleItem();
        File.ReadAllText(errors).ShouldContain("3,email,missing-value");
        Path.GetFileName(errors).ShouldStartWith(new string(letter, 60));
    }

    [Fact]
    public async Task A_member_of_an_archive_with_a_long_or_misleading_name_has_rejects_files_too()
    {
        using (var archive = ZipFile.Open(_folder["in/a.zip"], ZipArchiveMode.Create))
        {
            foreach (var name in (string[])[new string('\u8868', 130) + ".csv", "../x\u202Evsc.csv"])
            {
                await using var member = archive.CreateEntry(name).Open();
                member.Write(Encoding.UTF8.GetBytes(WithReject));
            }
        }

        (await Programs.RunAsync("producer", ["--file", "in/a.zip"], _folder)).ShouldExitWith(0);

        Directory.GetFiles(_folder["in"], "*.errors.csv").Length.ShouldBe(2);
        File.Exists(_folder["in/a.x?vsc.errors.csv"]).ShouldBeTrue();
    }

    [Fact]
    public async Task The_rejects_files_of_the_import_before_stay_while_there_is_no_broker()
    {
        _folder.Write("in/a.csv", WithReject);
        (await Programs.RunAsync("producer", ["--file", "in/a.csv"], _folder)).ShouldExitWith(0);
        _folder.Write("in/a.rejected.csv", "mended");

        string[] noBroker = ["--broker", "amqp://127.0.0.1:1", "--broker-timeout", "100ms"];
        (await Programs.RunAsync("producer", ["--file", "in/a.csv", .. noBroker], _folder)).ShouldExitWith(75);

        _folder.Read("in/a.rejected.csv").ShouldBe("mended");
    }

    [Theory]
    [InlineData("in")]
    [InlineData("'in/*.csv'")]
    public async Task A_pipe_or_a_socket_in_a_folder_is_passed_over_with_a_word(string name)
    {
        _folder.Write("in/ann.csv", Ann);
        await RunAsync("mkfifo in/pipe.csv; ln -s /dev/zero in/zero.csv");

        var result = (await RunAsync($"timeout 20 \"$0\" --json --dry-run --file {name}")).ShouldExitWith(0);

        result.JsonLines().Count.ShouldBe(1);
        result.ShouldSay("in/pipe.csv is passed over: it is a pipe").ShouldSay("in/zero.csv is passed over");
    }

    [Theory]
    [InlineData("--file in", 1)]
    [InlineData("--file 'in/*'", 1)]
    [InlineData("--file in/M\\xfcller.csv", 0)]
    [InlineData("--file d\\xe9p\\xf4t/a.csv", 0)]
    public async Task A_name_that_is_not_valid_utf_8_is_not_said_to_be_missing(string arguments, int imported)
    {
        _folder.Write("in/ann.csv", Ann);
        await RunAsync("cp in/ann.csv $'in/M\\xfcller.csv'; mkdir $'d\\xe9p\\xf4t'; cp in/ann.csv $'d\\xe9p\\xf4t/a.csv'");

        // Bash puts the bytes in place of the escapes.
        var result = (await RunAsync($"\"$0\" --json --dry-run {(arguments.Contains('\\') ? arguments.Replace("--file ", "--file $'") + "'" : arguments)}"))
            .ShouldExitWith(74);

        // .NET cannot delete them either.
        await RunAsync("rm -r in/M*.csv d*t");
        result.ShouldSay("is not valid UTF-8, so the file cannot be opened. Rename it.");
        result.Error.ShouldNotContain("There is no file");
        result.JsonLines().Count(line => line.GetProperty("outcome").GetString() == "dry-run").ShouldBe(imported);
    }

    [Theory]
    [InlineData("locked/a.csv", "cannot be read: permission denied")]
    [InlineData("locked", "permission denied")]
    [InlineData("locked/*.csv", "permission denied")]
    [InlineData("locked/deeper/a.csv", "permission denied")]
    [InlineData("unreadable.csv", "cannot be read: permission denied")]
    public async Task What_may_not_be_read_is_not_said_to_be_missing(string name, string message)
    {
        Directory.CreateDirectory(_folder["locked"]);
        _folder.Write("locked/a.csv", Ann);
        _folder.Write("unreadable.csv", Ann);
        await RunAsync("chmod 000 locked unreadable.csv");

        var result = await Programs.RunUnprivilegedAsync("producer", ["--file", name, "--dry-run"], _folder);

        await RunAsync("chmod 700 locked");
        result.ShouldExitWith(74).ShouldSay(message);
        result.Error.ShouldNotContain("There is no file");
    }

    [Theory]
    [InlineData("rejects folder", "read-only/a.errors.csv cannot be written", "--rejects", "read-only")]
    [InlineData("state folder", "read-only/a.csv", "--state", "read-only")]
    [InlineData("--move-to", "Files cannot be moved to", "--move-to", "read-only")]
    [InlineData("--move-to below", "cannot be created", "--move-to", "read-only/done")]
    [InlineData("--failed-to", "Files cannot be moved to", "--failed-to", "read-only")]
    public async Task What_cannot_be_written_is_found_out_before_anything_is_sent(string what, string message, params string[] flags)
    {
        _folder.Write("a.csv", Ann);
        Directory.CreateDirectory(_folder["read-only"]);
        await RunAsync("chmod 555 read-only");

        var result = await Programs.RunUnprivilegedAsync("producer", ["--file", "a.csv", .. flags], _folder);

        await RunAsync("chmod 755 read-only");
        result.ShouldExitWith(74).ShouldSay(message);
        MessageCount().ShouldBe(0, what);
    }

    [Fact]
    public async Task A_file_that_cannot_leave_its_folder_is_not_sent()
    {
        _folder.Write("in/a.csv", Ann);
        await RunAsync("chmod 555 in");

        var result = await Programs.RunUnprivilegedAsync(
            "producer", ["--file", "in/a.csv", "--move-to", "done", "--state", "state", "--rejects", "rejects", "--json"], _folder);

        await RunAsync("chmod 755 in");
        result.ShouldExitWith(74).ShouldSay("Files cannot be moved out of").Json().GetProperty("messages").GetInt64().ShouldBe(0);
    }

    [Fact]
    public async Task A_file_that_does_not_exist_keeps_the_others_from_being_sent()
    {
        _folder.Write("a.csv", Ann);

        var result = (await Programs.RunAsync("producer", ["--file", "a.csv", "b.csv", "c.csv", "--json"], _folder)).ShouldExitWith(66);

        result.JsonLines().Select(line => line.GetProperty("source").GetString()).ShouldBe(["b.csv", "c.csv"]);
        result.ShouldSay("Nothing is imported, because files that were named do not exist: 2");
        File.Exists(_folder["csvingest.db"]).ShouldBeFalse();
    }

    [Fact]
    public async Task Partial_files_of_a_folder_or_pattern_are_passed_over()
    {
        foreach (var name in (string[])["a.csv", "b.csv.part", "c.csv.tmp", "d.csv.filepart", "e.csv.crdownload", ".f.csv"])
        {
            _folder.Write($"in/{name}", Ann);
        }

        (await Programs.RunAsync("producer", ["--file", "in", "in/*", "--json", "--dry-run"], _folder)).ShouldExitWith(0)
            .Json().GetProperty("source").GetString().ShouldBe("a.csv");
    }

    [Fact]
    public async Task A_dry_run_works_beside_an_import_and_leaves_its_rejects_files_alone()
    {
        _folder.Write("a.csv", WithReject);
        // A producer that is importing the file and has rejected a row of it.
        await using var import = new FileStream(_folder["a.csv"], FileMode.Open, FileAccess.Read, FileShare.None);
        await using var errors = new FileStream(_folder["a.errors.csv"], FileMode.Create, FileAccess.Write, FileShare.Read);
        errors.Write("line,column,code,reason\n"u8);
        await errors.FlushAsync(TestContext.Current.CancellationToken);

        var summary = (await Programs.RunAsync("producer", ["--file", "a.csv", "--dry-run", "--json"], _folder)).ShouldExitWith(0).Json();

        summary.GetProperty("rejectsFile").GetString().ShouldBe(_folder["a.2.rejected.csv"]);
        (await Programs.RunAsync("cat", ["a.errors.csv"], _folder)).Output.ShouldBe("line,column,code,reason\n");
        (await Programs.RunAsync("producer", ["--file", "a.csv"], _folder)).ShouldExitWith(75).ShouldSay("being imported by another producer");
    }

    [Fact]
    public async Task Two_dry_runs_of_one_file_work_at_the_same_time()
    {
        var rows = new StringBuilder("email,name\n");
        for (var i = 0; i < 20_000; i++)
        {
            rows.Append($"p{i}@example.com,P\nnobody{i},N\n");
        }

        _folder.Write("a.csv", rows.ToString());

        var results = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ =>
            Programs.RunAsync("producer", ["--file", "a.csv", "--dry-run", "--json"], _folder)));

        foreach (var result in results)
        {
            result.ShouldExitWith(0).Json().GetProperty("rowsRejected").GetInt64().ShouldBe(20_000);
        }
    }

    private long MessageCount()
    {
        if (!File.Exists(_folder["csvingest.db"]))
        {
            return 0;
        }

        using var connection = new SqliteConnection($"Data Source={_folder["csvingest.db"]};Pooling=false");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT count(*) FROM broker_messages";
        return (long)command.ExecuteScalar()!;
    }

    private Task<ProgramResult> RunAsync(string script) =>
        Programs.RunAsync("bash", ["-c", script, Path.Combine(Programs.FolderOf("producer"), "producer")], _folder);
}
