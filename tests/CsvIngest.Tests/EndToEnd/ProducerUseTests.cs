using System.Text;
using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.EndToEnd;

/// <summary>The producer as a person uses it, rightly and wrongly, on the embedded default.</summary>
public sealed class ProducerUseTests : IDisposable
{
    private static readonly string[] SummaryKeys =
    [
        "import", "source", "dataset", "rowsRead", "rowsSent", "rowsSentBefore", "rowsRejected", "rowsDuplicate", "rowsUnchecked", "messages", "bytes", "seconds",
        "rejectsFile", "checkedFirst", "outcome",
    ];

    private readonly WorkFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_dry_run_says_in_json_what_would_have_been_sent()
    {
        var summary = (await ProduceAsync("--file", _folder.CopyIn("samples/contacts-messy.csv"), "--dry-run", "--json")).ShouldExitWith(0).Json();

        summary.EnumerateObject().Select(property => property.Name).ShouldBe(SummaryKeys);
        var (read, sent, rejected, duplicate) = (Number("rowsRead"), Number("rowsSent"), Number("rowsRejected"), Number("rowsDuplicate"));
        read.ShouldBe(sent + rejected + duplicate);
        (read, sent, duplicate).ShouldBe((52, 9, 5));
        File.Exists(_folder["csvingest.db"]).ShouldBeFalse();

        long Number(string name) => summary.GetProperty(name).GetInt64();
    }

    [Fact]
    public async Task The_clean_samples_are_clean()
    {
        foreach (var flags in (string[][])[
            ["--file", _folder.CopyIn("samples/contacts.csv")],
            ["--file", _folder.CopyIn("samples/orders.csv"), "--dataset", _folder.CopyIn("samples/orders.json")]])
        {
            var summary = (await ProduceAsync([.. flags, "--dry-run", "--json"])).ShouldExitWith(0).Json();
            summary.GetProperty("rowsSent").GetInt64().ShouldBe(summary.GetProperty("rowsRead").GetInt64());
        }
    }

    [Fact]
    public async Task Print_shows_canonical_values_and_the_physical_line()
    {
        _folder.Write("p.csv", "E-Mail;First Name;Last Name;Company;\n\" Ann@EXAMPLE.com\";Ann;Lee;\"two\nlines\";x\nBOB@example.com;Bob;;;\n");

        var result = (await ProduceAsync("--file", "p.csv", "--dry-run", "--print", "--quiet")).ShouldExitWith(0);

        result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).ShouldBe(
        [
            """{"source":"p.csv","line":2,"values":{"email":"ann@example.com","full_name":"Ann Lee","Company":"two\nlines","column_5":"x"}}""",
            """{"source":"p.csv","line":4,"values":{"email":"bob@example.com","full_name":"Bob","Company":"","column_5":""}}""",
        ]);
    }

    [Fact]
    public async Task What_was_understood_of_the_file_is_said_in_one_line()
    {
        await File.WriteAllBytesAsync(_folder["f.csv"], [.. "# exported\nemail;name\na@example.com;"u8, 0xFC, .. "\n"u8]);

        (await ProduceAsync("--file", "f.csv", "--dry-run")).ShouldExitWith(0).Error.ShouldContain("`;` separated, Windows-1252, header on line 2");
    }

    [Fact]
    public async Task How_a_file_is_to_be_read_can_be_said_by_flags()
    {
        await File.WriteAllBytesAsync(
            _folder["f.csv"], [.. "a title\nE;Full\nMail;Name\n% no row\na@example.com;'J"u8, 0xFC, .. "rg; ^'J^''\n"u8]);

        var result = (await ProduceAsync(
            "--file", "f.csv", "--dry-run", "--print", "--quiet", "--delimiter", ";", "--quote", "'", "--escape", "^", "--encoding", "latin1",
            "--skip-lines", "1", "--header-lines", "2", "--comment", "%", "--max-record-bytes", "100", "--max-fields", "2")).ShouldExitWith(0);

        result.Output.Trim().ShouldBe("""{"source":"f.csv","line":5,"values":{"email":"a@example.com","full_name":"Jürg; 'J'"}}""");
    }

    [Theory]
    [InlineData(66, "There is no file", "--file", "none.csv")]
    [InlineData(66, "There is no file to import in none/*.csv", "--file", "none/*.csv")]
    [InlineData(64, "Unrecognized option \"--flie\". Did you mean --file?", "--flie", "a.csv")]
    [InlineData(64, "--file", "--dry-run")]
    [InlineData(64, "Unrecognized option \"--dry-runn\"", "--file", "ok.csv", "--dry-runn")]
    [InlineData(64, "Unrecognized option \"-odd.csv\"", "--file", "ok.csv", "-odd.csv")]
    [InlineData(64, "Unrecognized option \"--dry-runn\"", "--dry-runn", "--file", "ok.csv")]
    [InlineData(64, "Unrecognized option \"--jsn\"", "--file", "ok.csv", "--rejects", "--jsn")]
    [InlineData(64, "Unrecognized option \"--jsn\"", "--file", "ok.csv", "--queue", "--jsn")]
    [InlineData(66, "--odd.csv", "--dry-run", "--file=--odd.csv")]
    [InlineData(66, "--odd.csv", "--dry-run", "--", "--odd.csv")]
    [InlineData(64, "no dataset \"contcts\". Did you mean \"contacts\"?", "--file", "ok.csv", "--dataset", "contcts")]
    [InlineData(64, "--rows-per-message is \"x\"; expected a number.", "--file", "ok.csv", "--rows-per-message", "x")]
    [InlineData(74, "Pass --rejects DIR", "--file", "ok.csv", "--dry-run", "--rejects", "ok.csv/rejects")]
    [InlineData(64, "no dataset \"nope\"", "--file", "ok.csv", "--dataset", "nope")]
    [InlineData(64, "--max-rejects: \"lots\" is not a limit", "--file", "ok.csv", "--max-rejects", "lots")]
    [InlineData(64, "--max-rejects: \"-1\" is not a limit", "--file", "ok.csv", "--max-rejects", "-1")]
    [InlineData(64, "--header-lines: not possible", "--file", "ok.csv", "--no-header", "--header-lines", "2")]
    [InlineData(64, "--broker-timeout: \"soon\" is not a time", "--file", "ok.csv", "--broker-timeout", "soon")]
    [InlineData(64, "--rows-per-message: 0 is out of range", "--file", "ok.csv", "--rows-per-message", "0")]
    [InlineData(64, "--check-first and --no-check-first: choose one", "--file", "ok.csv", "--check-first", "--no-check-first")]
    [InlineData(64, "--source-name: expected a single file", "--file", "ok.csv", "two.csv", "--source-name", "x")]
    [InlineData(64, "--source-name: \"a/b\" is not a name", "--file", "ok.csv", "--source-name", "a/b")]
    [InlineData(64, "--print: requires --dry-run", "--file", "ok.csv", "--print")]
    [InlineData(64, "--map: \"email\" is not a mapping", "--file", "ok.csv", "--map", "email")]
    [InlineData(64, "klingon", "--file", "ok.csv", "--encoding", "klingon")]
    [InlineData(64, "--comment: expected one ASCII character", "--file", "ok.csv", "--comment", "//")]
    [InlineData(64, "--comment: expected one ASCII character", "--file", "ok.csv", "--comment", "§")]
    [InlineData(64, "has an unsupported scheme", "--file", "ok.csv", "--broker", "http://user:secret@host")]
    [InlineData(64, "the parameter \"heartbeat\" is unknown", "--file", "ok.csv", "--broker", "amqp://user:secret@host/v?heartbeat=5")]
    [InlineData(64, "not a number from 1 to 65535", "--file", "ok.csv", "--broker", "amqp://host:x")]
    [InlineData(64, "written as %2F", "--file", "ok.csv", "--broker", "amqp://host/a/b")]
    [InlineData(64, "starts with \"amq.\"", "--file", "ok.csv", "--broker", "amqp://host", "--queue", "amq.x")]
    [InlineData(64, "--queue", "--file", "ok.csv", "--queue", "")]
    [InlineData(64, "--file is empty", "--file", "")]
    [InlineData(64, "--rejects is empty", "--file", "ok.csv", "--rejects", "")]
    [InlineData(64, "--state is empty", "--file", "ok.csv", "--state", "")]
    [InlineData(64, "--move-to is empty", "--file", "ok.csv", "--move-to", "")]
    [InlineData(65, "--map email=", "--file", "noemail.csv", "--dry-run")]
    [InlineData(65, "no header: after the 100 lines to skip", "--file", "ok.csv", "--dry-run", "--skip-lines", "100")]
    [InlineData(65, "\"E-Mail\"", "--file", "two.csv", "--dry-run")]
    [InlineData(65, "--no-header", "--file", "nohead.csv", "--dry-run")]
    [InlineData(65, "0 bytes", "--file", "zero.csv", "--dry-run")]
    [InlineData(75, "rows confirmed so far", "--file", "ok.csv", "--broker", "amqp://user:secret@127.0.0.1:1", "--broker-timeout", "500ms")]
    public async Task Bad_use_is_told_from_the_exit_code_and_one_message(int exitCode, string message, params string[] arguments)
    {
        _folder.Write("ok.csv", "email,name\na@example.com,A\n");
        _folder.Write("noemail.csv", "name,company\nA,B\n");
        _folder.Write("two.csv", "email,E-Mail,name\na@example.com,b@example.com,A\n");
        _folder.Write("nohead.csv", "a@example.com,A\nb@example.com,B\n");
        _folder.Write("zero.csv", "");

        var result = (await ProduceAsync(arguments)).ShouldExitWith(exitCode);

        result.Error.ShouldContain(message);
        result.Error.ShouldNotContain("   at ");
        result.Error.ShouldNotContain("secret");
    }

    [Fact]
    public async Task Every_wrong_flag_is_reported_at_once()
    {
        var result = (await ProduceAsync(
            "--file", "ok.csv", "--max-rejects", "lots", "--broker-timeout", "soon", "--settle", "later", "--map", "email", "--quote", "ab",
            "--encoding", "klingon", "--rows-per-message", "0", "--print")).ShouldExitWith(64);

        foreach (var flag in (string[])[
            "--max-rejects", "--broker-timeout", "--settle", "--map", "--quote", "--encoding", "--rows-per-message", "--print"])
        {
            result.Error.ShouldContain($"{flag}: ");
        }
    }

    [Fact]
    public async Task Nothing_is_sent_of_a_file_that_is_wrong_as_a_whole()
    {
        var rows = new StringBuilder("email,name\n");
        for (var i = 0; i < 2000; i++)
        {
            rows.Append(i % 2 == 0 ? $"a{i}@example.com,A\n" : $"nobody{i},A\n");
        }

        _folder.Write("bad.csv", rows.ToString());
        await MigrateAsync();

        var result = (await ProduceAsync("--file", "bad.csv", "--max-rejects", "10%", "--json")).ShouldExitWith(65);
        result.Json().GetProperty("messages").GetInt64().ShouldBe(0);
        result.Json().GetProperty("rowsSent").GetInt64().ShouldBe(0);
        (await Programs.RunAsync("consumer", ["--drain"], _folder)).ShouldExitWith(0);
        (await Programs.RunAsync("consumer", ["status", "--json"], _folder)).ShouldExitWith(1).Output.Trim().ShouldBe("[]");
    }

    [Fact]
    public async Task A_file_that_was_checked_first_or_skipped_says_so()
    {
        _folder.Write("ok.csv", "email,name\na@example.com,A\nnobody,N\n");

        var first = (await Programs.RunAsync("producer", ["--file", "ok.csv", "--check-first"], _folder)).ShouldExitWith(0);
        var again = (await Programs.RunAsync("producer", ["--file", "ok.csv", "--skip-imported"], _folder)).ShouldExitWith(0);

        first.Output.ShouldContain("  The file was checked first: 2 rows, 1 rejected.");
        again.Output.ShouldStartWith("ok.csv: skipped, the same content was published on ");
        again.Output.ShouldContain("as ok.csv, import ");
    }

    [Fact]
    public async Task A_finished_file_run_again_is_a_new_import_of_duplicates()
    {
        _folder.Write("ok.csv", "email,name\na@example.com,A\nb@example.com,B\n");
        await MigrateAsync();
        (await ProduceAsync("--file", "ok.csv")).ShouldExitWith(0);
        var again = (await ProduceAsync("--file", "ok.csv", "--json")).ShouldExitWith(0).Json();
        (await Programs.RunAsync("consumer", ["--drain"], _folder)).ShouldExitWith(0);

        var status = await Programs.RunAsync("consumer", ["status", again.GetProperty("import").GetString()!, "--json"], _folder);

        status.ShouldExitWith(0).Output.ShouldContain("\"duplicate\": 2");
    }

    [Fact]
    public async Task A_database_without_migrations_is_rejected_and_says_what_to_do() =>
        (await Programs.RunAsync("consumer", [], _folder)).ShouldExitWith(69).Error.ShouldContain("consumer migrate");

    [Fact]
    public async Task A_dataset_of_the_folder_takes_the_place_of_the_built_in_one()
    {
        Directory.CreateDirectory(_folder["datasets"]);
        _folder.Write("datasets/contacts.json", """{ "name": "contacts", "key": "email", "columns": { "town": { "type": "text" }, "email": { "type": "email" } } }""");
        _folder.Write("f.csv", "email,town\na@example.com,Ulm\n");

        var result = await ProduceAsync("--file", "f.csv", "--datasets", "datasets", "--dry-run", "--print", "--quiet");

        result.ShouldExitWith(0).Output.ShouldContain("""{"town":"Ulm","email":"a@example.com"}""");
    }

    [Fact]
    public async Task Restart_needs_no_state_folder() =>
        (await ProduceAsync("--file", _folder.CopyIn("samples/contacts.csv"), "--restart", "--state", "new")).ShouldExitWith(0);

    [Theory]
    [InlineData("--drian")]
    [InlineData("--drain", "--queue", "--drian")]
    [InlineData("--drain", "--ready-file", "--drian")]
    [InlineData("migrate", "--drian")]
    [InlineData("status", "--drian")]
    [InlineData("status", "--wait", "--drian")]
    [InlineData("dead-letters", "list", "--import", "--drian")]
    public async Task An_option_that_the_consumer_does_not_know_is_wrong_usage(params string[] arguments)
    {
        (await Programs.RunAsync("consumer", arguments, _folder)).ShouldExitWith(64).Error.ShouldContain("\"--drian\"");

        Directory.GetFileSystemEntries(_folder.FullPath).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_mistyped_command_or_a_file_without_scheme_is_answered_with_what_was_meant()
    {
        (await Programs.RunAsync("consumer", ["migrat"], _folder)).ShouldExitWith(64).Error.ShouldContain("Did you mean \"migrate\"?");
        (await Programs.RunAsync("consumer", ["--database", "contacts.db"], _folder)).ShouldExitWith(64).Error
            .ShouldContain("has no scheme; expected postgres://…[?sslmode=verify-full], an Npgsql connection string or sqlite:FILE.");
    }

    [Fact]
    public async Task The_consumer_rejects_an_unusable_address_or_queue_with_64()
    {
        foreach (var flags in (string[][])[["--broker", "amqp://host:x"], ["--broker", "amqp://host", "--queue", "amq.x"], ["--queue", ""]])
        {
            (await Programs.RunAsync("consumer", flags, _folder)).ShouldExitWith(64);
        }
    }

    [Fact]
    public async Task Wrong_settings_of_a_dataset_are_listed_all_at_once()
    {
        Directory.CreateDirectory(_folder["datasets"]);
        _folder.Write("datasets/bad.json", """{ "name": "bad", "table": "1 table", "key": "nope", "columns": { "a": { "type": "what" } } }""");

        var error = (await Programs.RunAsync("consumer", ["migrate", "--datasets", "datasets"], _folder)).ShouldExitWith(64).Error;

        error.ShouldContain("has 3 errors");
        error.ShouldContain("table: ");
        error.ShouldContain("key: ");
        error.ShouldContain("columns.a.type: ");
    }

    private async Task MigrateAsync() => (await Programs.RunAsync("consumer", ["migrate"], _folder)).ShouldExitWith(0);

    private Task<ProgramResult> ProduceAsync(params string[] arguments) => Programs.RunAsync("producer", arguments, _folder);
}
