using CsvIngest.Contracts;
using CsvIngest.Testing;
using CsvIngest.Datasets;
using CsvIngest.ServerTests.Servers;
using CsvIngest.Store;
using CsvIngest.Values;
using Shouldly;
using Xunit;
using static CsvIngest.Contracts.ImportDraft;

namespace CsvIngest.ServerTests.Adapters;

/// <summary>However PostgreSQL rejects a row, only that row is rejected, and no reason or log quotes its values.</summary>
public sealed class PostgresRejectionTests(DatabaseServer server) : IAsyncLifetime
{
    private const string Secret = "s3cr3t";
    private const string Unchanged = "SELECT 1";

    private static readonly Dataset Things = new(
        "things",
        "things",
        "id",
        [
            new Column("id", ColumnType.Text, Required: true),
            new Column("amount", ColumnType.Integer),
            new Column("note", ColumnType.Text),
        ],
        "more");

    private readonly RecordedLogs _logs = new();
    private PostgresDatabase _database = null!;
    private IStore _store = null!;

    public async ValueTask InitializeAsync()
    {
        _database = new PostgresDatabase(await server.CreateDatabaseAsync(), server);
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
    [InlineData("an integer that is not a number", Unchanged, "x", Secret, null, null, "invalid input syntax for type bigint")]
    [InlineData("an integer too large", Unchanged, "x", "99999999999999999999", null, null, "out of range for type bigint")]
    [InlineData("a NUL", Unchanged, "x", "1", Secret + "\0", null, "invalid byte sequence")]
    [InlineData("a NUL in the extra columns", Unchanged, "x", "1", "n", """{"a":"s3cr3t\u0000"}""", "Unicode")]
    [InlineData("extra columns that are not JSON", Unchanged, "x", "1", "n", "{" + Secret, "json")]
    [InlineData("too long for the column", "ALTER TABLE things ALTER note TYPE varchar(3)", "x", "1", Secret, null, "too long")]
    [InlineData("NOT NULL", "ALTER TABLE things ALTER amount SET NOT NULL", "x", null, Secret, null, "\"amount\"")]
    [InlineData("CHECK", "ALTER TABLE things ADD CONSTRAINT few CHECK (amount < 5)", "x", "7", Secret, null, "\"few\"")]
    [InlineData("another unique index", "CREATE UNIQUE INDEX one_note ON things (note)", "x", "1", "tkn", null, "\"one_note\"")]
    [InlineData(
        "a foreign key",
        "CREATE TABLE kinds (id bigint PRIMARY KEY); ALTER TABLE things ADD CONSTRAINT kind FOREIGN KEY (amount) REFERENCES kinds;"
        + " INSERT INTO kinds VALUES (1)",
        "x", "7", Secret, null, "\"kind\"")]
    [InlineData(
        "a deferred foreign key",
        "CREATE TABLE kinds (id bigint PRIMARY KEY); INSERT INTO kinds VALUES (1); ALTER TABLE things ADD CONSTRAINT kind"
        + " FOREIGN KEY (amount) REFERENCES kinds DEFERRABLE INITIALLY DEFERRED",
        "x", "7", Secret, null, "\"kind\"")]
    [InlineData(
        "a trigger",
        "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS "
        + "$$ BEGIN IF NEW.amount = 7 THEN RAISE 'no sevens here'; END IF; RETURN NEW; END $$;"
        + " CREATE TRIGGER no BEFORE INSERT ON things FOR EACH ROW EXECUTE FUNCTION no()",
        "x", "7", Secret, null, "no sevens here")]
    [InlineData(
        "a trigger with a code of its own",
        "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS "
        + "$$ BEGIN IF NEW.amount = 7 THEN RAISE 'no sevens here' USING ERRCODE = 'U0001'; END IF; RETURN NEW; END $$;"
        + " CREATE TRIGGER no BEFORE INSERT ON things FOR EACH ROW EXECUTE FUNCTION no()",
        "x", "7", Secret, null, "no sevens here (SQLSTATE U0001)")]
    public async Task Only_the_row_itself_is_rejected(
        string what, string arrangement, string id, string? amount, string? note, string? extra, string reason)
    {
        await _database.ExecuteAsync(arrangement);
        await _database.ExecuteAsync("INSERT INTO things VALUES ('before', 1, 'tkn', NULL, gen_random_uuid(), 1)");
        var import = new ImportDraft(Things);

        var outcome = await _store.ApplyAsync(
            [import.Slice(1, 0, Row(2, "a", "1", "n-a"), new Row(3, [id, amount, note], extra), Row(4, "z", "1", "n-z"))],
            CancellationToken.None);

        outcome.ShouldBe([new PartOutcome(PartOutcomeKind.Applied, Inserted: 2, Rejected: 1)], what);
        var rejection = (await _store.ReadRejectionsAsync(import.Id, afterLine: 0, limit: null, CancellationToken.None).ToListAsync()).ShouldHaveSingleItem();
        (rejection.Line, rejection.Code).ShouldBe((3, "database-refused"));
        rejection.Reason.ShouldContain(reason);
        rejection.Reason.ShouldNotContain(Secret);
        rejection.Reason.ShouldNotContain("999999");
        rejection.Raw.ShouldStartWith("x,");
        _logs.All.ShouldAllBe(log => !$"{log.Message}{log.Exception}".Contains(Secret, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_key_too_long_for_its_index_rejects_its_row_only()
    {
        // Random, or it would be compressed until it fits.
        var key = string.Concat(Enumerable.Range(0, 300).Select(_ => Guid.NewGuid().ToString("N")));

        var outcome = await _store.ApplyAsync(
            [new ImportDraft(Things).Slice(1, 0, Row(2, "a", "1", ""), Row(3, key, "1", ""))], CancellationToken.None);

        outcome.ShouldBe([new PartOutcome(PartOutcomeKind.Applied, Inserted: 1, Rejected: 1)]);
    }
}
