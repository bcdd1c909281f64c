using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Consumer;

/// <summary>The exit codes of <c>consumer status</c>, each row of its table in docs/operations.md, and what it prints with them.</summary>
public sealed class StatusExitCodeTests(StatusExitCodeTests.Databases databases) : IClassFixture<StatusExitCodeTests.Databases>, IDisposable
{
    private const string Good = "email,name\na@example.com,A\n";

    private readonly WorkFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Everything_complete_is_0()
    {
        databases.CopyComplete(_folder);

        var status = (await RunAsync("status")).ShouldExitWith(0);

        status.Output.ShouldContain("complete");
        status.Output.ShouldContain("Queue csv-ingest at sqlite:csvingest.db: 0 messages waiting, 0 messages dead-lettered.");
        (await RunAsync("status", "--wait", "60")).ShouldExitWith(0).Error.ShouldBeEmpty("a pipe gets no progress");
    }

    [Fact]
    public async Task No_import_and_an_empty_queue_is_1()
    {
        databases.CopyEmpty(_folder);

        (await RunAsync("status")).ShouldExitWith(1).Output.ShouldContain("The database contains no imports yet.");
    }

    [Fact]
    public async Task Messages_in_the_queue_are_1_though_no_import_is_known_yet()
    {
        databases.CopyEmpty(_folder);
        await ProduceAsync("good.csv", Good);

        var status = (await RunAsync("status")).ShouldExitWith(1);

        status.Output.ShouldContain("The database contains no imports yet.");
        status.Output.ShouldContain(": 3 messages waiting, 0 messages dead-lettered.");
        status.Output.ShouldContain("No consumer is running; start one to store the messages that wait.");
        status.Output.ShouldNotContain("complete");
        (await RunAsync("status", "--wait", "4")).ShouldExitWith(1).Output.ShouldContain(": 3 messages waiting");
    }

    [Fact]
    public async Task Messages_of_a_later_import_are_1_but_not_for_the_import_that_is_complete()
    {
        databases.CopyComplete(_folder);
        await ProduceAsync("second.csv", "email,name\nb@example.com,B\n");

        (await RunAsync("status")).ShouldExitWith(1).Output.ShouldContain("3 messages waiting");
        (await RunAsync("status", "--wait", "4")).ShouldExitWith(1);
        (await RunAsync("status", databases.Import)).ShouldExitWith(0);
    }

    [Fact]
    public async Task Dead_letters_are_1_and_a_drain_that_made_them_is_76()
    {
        databases.CopyEmpty(_folder);
        var datasets = Path.GetDirectoryName(_folder.CopyIn("samples/orders.json"))!;
        (await Programs.RunAsync(
            "producer", ["--file", _folder.CopyIn("samples/orders.csv"), "--dataset", "orders", "--datasets", datasets], _folder)).ShouldExitWith(0);

        var drain = await RunAsync("--drain");

        drain.ShouldExitWith(76).Error.TrimEnd().Split('\n')[^1].ShouldContain("Messages were dead-lettered and are not stored: 3");
        var status = (await RunAsync("status")).ShouldExitWith(1);
        status.Output.ShouldContain("0 messages waiting, 3 messages dead-lettered.");
        status.Output.ShouldContain("`consumer dead-letters list` shows why");
        (await RunAsync("status", "--wait", "4")).ShouldExitWith(1);
    }

    [Fact]
    public async Task An_import_without_its_closing_is_1_in_progress_and_later_unfinished()
    {
        databases.CopyComplete(_folder);
        Execute("UPDATE imports SET closed_at = NULL, rows_read = NULL, slices = NULL");
        Date("-1 second");
        (await RunAsync("status")).ShouldExitWith(1).Output.ShouldContain("in progress");

        Date("-1 hour");
        (await RunAsync("status")).ShouldExitWith(1).Output.ShouldContain("producer unfinished");

        // What waits may be its closing.
        await ProduceAsync("other.csv", "email,name\nb@example.com,B\n");
        var status = (await RunAsync("status")).ShouldExitWith(1);
        status.Output.ShouldNotContain("producer unfinished");
        status.Output.ShouldContain("in progress (nothing stored for ");
    }

    [Fact]
    public async Task An_import_that_lacks_slices_is_1()
    {
        databases.CopyComplete(_folder);
        Execute("UPDATE imports SET rows_read = 3, slices = 2");
        Date("-1 hour");

        var status = (await RunAsync("status")).ShouldExitWith(1);

        status.Output.ShouldContain("slices missing");
        status.Output.ShouldContain("missing slices 2 ");
    }

    [Fact]
    public async Task An_undone_import_is_0_and_one_that_is_not_undone_to_the_end_is_1()
    {
        databases.CopyComplete(_folder);
        Execute("UPDATE imports SET undo_started_at = closed_at, rows_removed = 0");

        (await RunAsync("status")).ShouldExitWith(1).Output.ShouldContain("undo unfinished (0 rows removed)");
        (await RunAsync("undo", "0", "--yes")).ShouldExitWith(0).Output.ShouldContain("began before: 0 rows removed, 1 left.");

        (await RunAsync("status")).ShouldExitWith(0).Output.ShouldContain("undone (1 row removed)");
        (await RunAsync("status", "--state", "incomplete", "--wait", "60")).ShouldExitWith(0).Output.ShouldNotContain("undone");
        var books = (await RunAsync("status", "--json")).Json().EnumerateArray().ShouldHaveSingleItem();
        (books.GetProperty("state").GetString(), books.GetProperty("rowsRemoved").GetInt64()).ShouldBe(("undone", 1));
        books.GetProperty("undoneAt").GetDateTimeOffset().ShouldBeGreaterThan(books.GetProperty("undoStartedAt").GetDateTimeOffset());
    }

    [Fact]
    public async Task A_broker_that_cannot_be_asked_is_1_and_nothing_is_called_complete()
    {
        databases.CopyComplete(_folder);

        var status = (await RunAsync("status", "--broker", "amqp://127.0.0.1:1")).ShouldExitWith(1);

        status.Output.ShouldNotContain("complete");
        status.Output.ShouldContain("unknown");
        status.Output.ShouldContain("could not be asked how many messages wait in queue csv-ingest.");
        status.Error.ShouldContain("Cannot count the messages at the broker");
        (await RunAsync("status", "--wait", "4", "--broker", "amqp://127.0.0.1:1")).ShouldExitWith(1);
    }

    [Fact]
    public async Task A_database_that_cannot_be_used_is_69_and_wrong_options_are_64()
    {
        (await RunAsync("status")).ShouldExitWith(69).Error.ShouldContain("consumer migrate");
        (await RunAsync("status", "--since", "yesterday")).ShouldExitWith(64).Error.ShouldContain("--since is \"yesterday\"");
        (await RunAsync("status", "--state", "done")).ShouldExitWith(64).Error.ShouldContain("expected complete, in-progress, producer-unfinished");
        (await RunAsync("status", "--watch")).ShouldExitWith(64).Error.ShouldContain("--watch needs a terminal");
    }

    [Fact]
    public async Task Filters_select_imports_and_a_limit_tells_how_many_more_there_are()
    {
        databases.CopyComplete(_folder);
        Execute(
            """
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 24)
            INSERT INTO imports (import_id, source, dataset, started_at, rows_read, slices, closed_at)
            SELECT format('018f0000-0000-7000-8000-%012d', i), format('old%d.csv', i), 'contacts', '2026-06-01T12:00:00.000000Z',
                0, iif(i <= 2, 1, 0), '2026-06-01T12:00:00.000000Z' FROM n
            """);

        var some = (await RunAsync("status")).ShouldExitWith(1).Output;
        some.ShouldContain("… and 5 more imports, 2 of them not complete; --all lists them.");
        (await RunAsync("status", "--all")).ShouldExitWith(1).Output.ShouldContain("old1.csv");

        var recent = (await RunAsync("status", "--since", "1h")).ShouldExitWith(0).Output;
        recent.ShouldContain("good.csv");
        recent.ShouldNotContain("old");
        (await RunAsync("status", "--source", "GOOD*", "--json")).ShouldExitWith(0).Json().GetArrayLength().ShouldBe(1);
        (await RunAsync("status", "--source", "none.csv")).ShouldExitWith(1).Output.ShouldContain("contains no such import");
        (await RunAsync("status", "--state", "slices-missing", "--json")).ShouldExitWith(1).Json().EnumerateArray()
            .Select(import => import.GetProperty("source").GetString()).ShouldBe(["old2.csv", "old1.csv"]);
        (await RunAsync("status", "--state", "incomplete", "--since", "1h", "--json")).ShouldExitWith(0).Json().GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task The_json_tells_who_when_and_what()
    {
        databases.CopyComplete(_folder);

        var import = (await RunAsync("status", "--json")).ShouldExitWith(0).Json()[0];

        import.GetProperty("state").GetString().ShouldBe("complete");
        import.GetProperty("user").GetString().ShouldBe(Environment.UserName);
        import.GetProperty("host").GetString().ShouldBe(Environment.MachineName);
        import.GetProperty("bytes").GetInt64().ShouldBe(Good.Length);
        import.GetProperty("contentSha256").GetString()
            .ShouldBe(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(Good))));
        import.GetProperty("startedAt").GetString()!.ShouldMatch(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$");
        import.GetProperty("startedAt").GetDateTimeOffset().ShouldBe(DateTimeOffset.UtcNow, TimeSpan.FromMinutes(5));
        import.GetProperty("changedAt").GetDateTimeOffset().ShouldBeGreaterThan(import.GetProperty("startedAt").GetDateTimeOffset());
        import.GetProperty("durationSeconds").GetDouble().ShouldBeGreaterThan(0);
    }

    private Task<ProgramResult> RunAsync(params string[] arguments) => Programs.RunAsync("consumer", arguments, _folder);

    private async Task ProduceAsync(string name, string content) =>
        (await Programs.RunAsync("producer", ["--file", _folder.Write(name, content)], _folder)).ShouldExitWith(0);

    /// <summary>Moves everything that has happened to a time.</summary>
    /// <param name="when">Relative to now, as SQLite has it.</param>
    private void Date(string when)
    {
        foreach (var (table, column) in (ReadOnlySpan<(string, string)>)
            [("imports", "started_at"), ("imports", "opened_at"), ("imports", "closed_at"), ("import_slices", "applied_at")])
        {
            Execute($"UPDATE {table} SET {column} = strftime('%Y-%m-%dT%H:%M:%f000Z', 'now', '{when}') WHERE {column} IS NOT NULL");
        }
    }

    private void Execute(string sql) => EmbeddedDatabase.Execute(_folder, sql);

    /// <summary>The databases that the tests begin with, made once by the programs.</summary>
    public sealed class Databases : IAsyncLifetime
    {
        private readonly WorkFolder _folder = new();

        /// <summary>The ID of the import of good.csv, which is in the second database.</summary>
        public string Import { get; private set; } = "";

        public async ValueTask InitializeAsync()
        {
            (await Programs.RunAsync("consumer", ["migrate"], _folder)).ShouldExitWith(0);
            File.Copy(_folder["csvingest.db"], _folder["empty.db"]);
            Import = (await Programs.RunAsync("producer", ["--file", _folder.Write("good.csv", Good), "--json"], _folder))
                .ShouldExitWith(0).Json().GetProperty("import").GetString()!;
            (await Programs.RunAsync("consumer", ["--drain"], _folder)).ShouldExitWith(0);
        }

        /// <summary>Copies a database that has tables and nothing else.</summary>
        public void CopyEmpty(WorkFolder folder) => File.Copy(_folder["empty.db"], folder["csvingest.db"]);

        /// <summary>Copies a database whose only import, of good.csv, is complete, and whose queue is empty.</summary>
        public void CopyComplete(WorkFolder folder) => File.Copy(_folder["csvingest.db"], folder["csvingest.db"]);

        public ValueTask DisposeAsync()
        {
            _folder.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
