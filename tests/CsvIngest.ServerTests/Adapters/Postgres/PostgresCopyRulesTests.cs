using System.Globalization;
using CsvIngest.Contracts;
using CsvIngest.Datasets;
using CsvIngest.Postgres;
using CsvIngest.ServerTests.Servers;
using CsvIngest.Settings;
using CsvIngest.Store;
using CsvIngest.Testing;
using CsvIngest.Values;
using Npgsql;
using Shouldly;
using Xunit;
using static CsvIngest.Contracts.ImportDraft;

namespace CsvIngest.ServerTests.Adapters;

/// <summary>Where rows go in by COPY and where they do not, and that the table is the same.</summary>
public sealed class PostgresCopyRulesTests(DatabaseServer server) : IAsyncLifetime
{
    private const string Refused = "COPY refused";
    private const string NoCopy = "without COPY";

    private static readonly CopyOptions Always = new() { MinRows = 1, CleanRounds = int.MaxValue };

    private static readonly Dataset Things = new(
        "things",
        "things",
        "id",
        [
            new Column("id", ColumnType.Text, Required: true),
            new Column("amount", ColumnType.Decimal),
            new Column("note", ColumnType.Text),
        ],
        "more");

    private readonly RecordedLogs _logs = new();
    private PostgresDatabase _database = null!;
    private IStore _store = null!;

    public async ValueTask InitializeAsync()
    {
        _database = new PostgresDatabase(await server.CreateDatabaseAsync(), server, Always);
        _store = _database.OpenStore(_logs);
        await _store.MigrateAsync([Things], CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        await _database.DisposeAsync();
        _logs.Dispose();
    }

    [Theory]
    [InlineData("a narrower text", "ALTER TABLE things ALTER note TYPE varchar(20)")]
    [InlineData("a narrower number", "ALTER TABLE things ALTER amount TYPE numeric(10, 1)")]
    [InlineData("an index that is not unique", "CREATE INDEX ON things (note)")]
    [InlineData("a check", "ALTER TABLE things ADD CHECK (amount > 0)")]
    [InlineData("a foreign key", "CREATE TABLE notes (note text PRIMARY KEY); INSERT INTO notes VALUES ('n'); ALTER TABLE things ADD FOREIGN KEY (note) REFERENCES notes")]
    [InlineData("another column with a default", "ALTER TABLE things ADD number bigint GENERATED ALWAYS AS IDENTITY")]
    public async Task Copy_is_used_although_the_table_has(string what, string arrangement)
    {
        await _database.ExecuteAsync(arrangement);

        (await ApplyAsync(Row(2, "a", "1.25", "n"), Row(3, "b", "2", "n"))).Inserted.ShouldBe(2, what);
        (await ApplyAsync(Row(2, "b", "1.25", "n"), Row(3, "c", "2", "n"))).ShouldBe(new PartOutcome(PartOutcomeKind.Applied, 1, 1));

        Logged(NoCopy).ShouldBeEmpty(what);
        Logged(Refused).ShouldHaveSingleItem(what);
    }

    [Theory]
    [InlineData("trigger", "CREATE TRIGGER t AFTER INSERT ON things FOR EACH STATEMENT EXECUTE FUNCTION seen()")]
    [InlineData("trigger", "CREATE TRIGGER t BEFORE INSERT ON things FOR EACH ROW EXECUTE FUNCTION seen()")]
    [InlineData("rule", "CREATE RULE r AS ON DELETE TO things DO INSTEAD NOTHING")]
    [InlineData("row-level security", "ALTER TABLE things ENABLE ROW LEVEL SECURITY")]
    [InlineData("unique index", "CREATE UNIQUE INDEX ON things (note)")]
    [InlineData("unique index", "CREATE UNIQUE INDEX ON things (lower(id))")]
    [InlineData("unique index", "ALTER TABLE things DROP CONSTRAINT things_pkey; CREATE UNIQUE INDEX ON things (id COLLATE \"POSIX\")")]
    [InlineData("exclusion constraint", "ALTER TABLE things ADD EXCLUDE USING btree (line WITH =)")]
    [InlineData("other types", "ALTER TABLE things ALTER amount TYPE double precision")]
    [InlineData("other types", "ALTER TABLE things ALTER note TYPE char(9)")]
    [InlineData("other types", "CREATE DOMAIN notes AS text; ALTER TABLE things ALTER note TYPE notes")]
    [InlineData("ordinary table", "DROP TABLE things; CREATE TABLE things (id text PRIMARY KEY, amount numeric, note text, more jsonb, import_id uuid, line bigint) PARTITION BY HASH (id); CREATE TABLE part PARTITION OF things FOR VALUES WITH (MODULUS 1, REMAINDER 0)")]
    public async Task Copy_is_not_used_once_the_table_has(string obstacle, string arrangement)
    {
        await _database.ExecuteAsync("CREATE FUNCTION seen() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$");
        (await ApplyAsync(Row(2, "a", "1", "n-a"))).Inserted.ShouldBe(1);
        Logged(NoCopy).ShouldBeEmpty();

        await _database.ExecuteAsync(arrangement);
        (await ApplyAsync(Row(3, "b", "1", "n-b"), Row(4, "b", "1", "n-c"))).ShouldBe(new PartOutcome(PartOutcomeKind.Applied, 1, 1));
        (await ApplyAsync(Row(5, "b", "1", "n-d"))).Duplicate.ShouldBe(1);

        // Once, however many transactions.
        Logged(NoCopy).ShouldHaveSingleItem().ShouldContain(obstacle);
        Logged(Refused).ShouldBeEmpty();
    }

    [Fact]
    public async Task Nothing_is_inserted_once_the_key_has_no_unique_index()
    {
        (await ApplyAsync(Row(2, "a", "1", "n"))).Inserted.ShouldBe(1);
        await _database.ExecuteAsync("ALTER TABLE things DROP CONSTRAINT things_pkey");

        (await Should.ThrowAsync<DeniedException>(() => ApplyAsync(Row(3, "a", "1", "n"), Row(4, "b", "1", "n")))).Message.ShouldContain("unique index");

        (await _database.QueryAsync("SELECT id FROM things")).ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_key_that_another_transaction_inserts_at_the_same_time_is_waited_for(bool commits)
    {
        await using var holder = new NpgsqlConnection(PostgresAddress.ToConnectionString(_database.Address));
        await holder.OpenAsync();
        var transaction = await holder.BeginTransactionAsync();
        await using var hold = new NpgsqlCommand("INSERT INTO things VALUES ('b', 0, 'held', NULL, gen_random_uuid(), 1)", holder);
        await hold.ExecuteNonQueryAsync();

        var applying = ApplyAsync(Row(2, "a", "1", "n"), Row(3, "b", "1", "n"), Row(4, "c", "1", "n"));
        await UntilAsync("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'COPY%'");
        await (commits ? transaction.CommitAsync() : transaction.RollbackAsync());

        (await applying).ShouldBe(new PartOutcome(PartOutcomeKind.Applied, commits ? 2 : 3, commits ? 1 : 0));
        (await _database.QueryAsync("SELECT note FROM things WHERE id = 'b'")).ShouldHaveSingleItem()[0].ShouldBe(commits ? "held" : "n");
        Logged(Refused).Count.ShouldBe(commits ? 1 : 0);
    }

    [Fact]
    public async Task Any_canonical_value_is_stored_as_the_statement_stores_it()
    {
        var byCopy = StoreDatasets.Measurements with { Name = "by_copy", Table = "by_copy", ExtraColumns = "extra" };
        var byStatement = byCopy with { Name = "by_statement", Table = "by_statement" };
        await _store.MigrateAsync([byCopy, byStatement], CancellationToken.None);
        await using var statements = new PostgresStore(new ConfiguredAddress(_database.Address), _logs, new CopyOptions { MinRows = int.MaxValue });
        var random = new Random(20261126);
        Row[] rows = [.. Enumerable.Range(2, 2000).Select(line => AnyMeasurement(line, random))];

        await _store.ApplyAsync([new ImportDraft(byCopy).Slice(1, 0, rows)], CancellationToken.None);
        await statements.ApplyAsync([new ImportDraft(byStatement).Slice(1, 0, rows)], CancellationToken.None);

        var columns = string.Join(", ", byCopy.Columns.Select(column => $"\"{column.Name}\"::text")) + ", extra::text, line";
        (await _database.QueryAsync($"SELECT {columns} FROM by_copy EXCEPT ALL SELECT {columns} FROM by_statement")).ShouldBeEmpty();
        (await _database.QueryAsync("SELECT count(*) FROM by_copy")).ShouldHaveSingleItem()[0].ShouldBe("2000");
        Logged(NoCopy).ShouldBeEmpty();
        Logged(Refused).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(int.MaxValue)]
    public async Task Values_are_stored_as_they_are_whatever_encoding_the_address_sets(int minRows)
    {
        var address = PostgresAddress.ToConnectionString(_database.Address) + ";Client Encoding=LATIN1;Encoding=iso-8859-1";
        await using var store = new PostgresStore(new ConfiguredAddress(address), _logs, new CopyOptions { MinRows = minRows });

        await store.ApplyAsync([new ImportDraft(Things, "é€.csv").Slice(1, 0, Row(2, "a", "1", "é€😀"))], CancellationToken.None);

        (await _database.QueryAsync("SELECT note, source FROM things JOIN imports USING (import_id)")).ShouldHaveSingleItem()
            .ShouldBe(["é€😀", "é€.csv"]);
    }

    private static Row AnyMeasurement(int line, Random random)
    {
        var moment = new DateTime(random.NextInt64(DateTime.MaxValue.Ticks / 10) * 10, DateTimeKind.Utc);
        var uuid = new byte[16];
        random.NextBytes(uuid);
        string?[] values =
        [
            $"\t{random.Next()}\\N\n😀", $"{line}", AnyDecimal(random),
            moment.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture),
            moment.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            random.Next(2) == 0 ? "true" : "false", $"{new Guid(uuid)}", "ada@example.com",
        ];
        for (var column = 2; column < values.Length; column++)
        {
            values[column] = random.Next(9) == 0 ? null : values[column];
        }

        return new Row(line, values, random.Next(3) == 0 ? null : $$"""{"k":"{{line}}"}""");
    }

    private static string AnyDecimal(Random random)
    {
        var whole = Digits(random.Next(1, 40)).TrimStart('0');
        var fraction = Digits(random.Next(0, 30));
        return $"{(random.Next(2) == 0 ? "-" : "")}{(whole.Length == 0 ? "0" : whole)}{(fraction.Length == 0 ? "" : "." + fraction)}";

        string Digits(int count) => string.Concat(Enumerable.Range(0, count).Select(_ => random.Next(3) == 0 ? 0 : random.Next(10)));
    }

    private List<string> Logged(string text) =>
        [.. _logs.All.Select(log => log.Message).Where(message => message.Contains(text, StringComparison.Ordinal))];

    private async Task<PartOutcome> ApplyAsync(params Row[] rows) =>
        (await _store.ApplyAsync([new ImportDraft(Things).Slice(1, 0, rows)], CancellationToken.None))[0];

    private async Task UntilAsync(string query)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while ((await _database.QueryAsync(query)).Count == 0)
        {
            timeout.Token.ThrowIfCancellationRequested();
        }
    }
}
