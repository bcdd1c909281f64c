using CsvIngest.Contracts;
using CsvIngest.Datasets;
using CsvIngest.Sqlite;
using CsvIngest.Store;
using CsvIngest.Values;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;
using static CsvIngest.Contracts.ImportDraft;

namespace CsvIngest.Tests.Sqlite;

/// <summary>Rows that SQLite rejects in its own ways: it does not enforce types, and a constraint may roll back a whole transaction.</summary>
public sealed class RejectedRowTests : IAsyncDisposable
{
    private static readonly Dataset Readings = new(
        "readings",
        "readings",
        "id",
        [
            new Column("id", ColumnType.Integer, Required: true),
            new Column("valid", ColumnType.Boolean),
            new Column("amount", ColumnType.Decimal),
        ],
        ExtraColumns: null);

    private readonly TemporaryFolder _folder = new();
    private readonly SqliteStore _store;

    public RejectedRowTests() => _store = new SqliteStore(Path, NullLogger.Instance);

    private string Path => _folder.File("store.db");

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Large_and_exact_numbers_stay_exact()
    {
        await _store.MigrateAsync([Readings], CancellationToken.None);

        var outcome = await ApplyAsync(
            new ImportDraft(Readings).Slice(1, 0, Row(2, "9223372036854775807", "true", "0.10000000000000000000001")));

        outcome.ShouldBe(new PartOutcome(PartOutcomeKind.Applied, Inserted: 1));
        Scalar("SELECT typeof(id) || ' ' || id || ' ' || valid || ' ' || amount FROM readings")
            .ShouldBe("integer 9223372036854775807 1 0.10000000000000000000001");
    }

    [Fact]
    public async Task A_constraint_that_would_roll_back_the_transaction_rejects_its_row_only()
    {
        await PrepareTableAsync("id INTEGER NOT NULL UNIQUE, valid INTEGER, amount TEXT NOT NULL ON CONFLICT ROLLBACK");

        var outcome = await ApplyAsync(
            new ImportDraft(Readings).Slice(1, 0, Row(2, "1", null, "1"), Row(3, "2", null, null), Row(4, "3", null, "3")));

        outcome.ShouldBe(new PartOutcome(PartOutcomeKind.Applied, Inserted: 2, Rejected: 1));
    }

    [Fact]
    public async Task The_first_record_stays_even_where_the_table_says_replace()
    {
        await PrepareTableAsync("id INTEGER NOT NULL UNIQUE ON CONFLICT REPLACE, valid INTEGER, amount TEXT");

        var outcome = await ApplyAsync(
            new ImportDraft(Readings).Slice(1, 0, Row(2, "1", null, "first"), Row(3, "1", null, "second")));

        outcome.ShouldBe(new PartOutcome(PartOutcomeKind.Applied, Inserted: 1, Duplicate: 1));
        Scalar("SELECT amount FROM readings").ShouldBe("first");
    }

    [Fact]
    public async Task A_trigger_that_rolls_back_the_transaction_is_denied_and_nothing_is_applied()
    {
        await PrepareTableAsync("id INTEGER NOT NULL UNIQUE, valid INTEGER, amount TEXT");
        Execute("CREATE TRIGGER strict BEFORE INSERT ON readings WHEN NEW.id = 3 BEGIN SELECT RAISE(ROLLBACK, 'no threes'); END");
        var import = new ImportDraft(Readings);

        var denial = await Should.ThrowAsync<DeniedException>(
            () => ApplyAsync(import.Slice(1, 0, Row(2, "1", null, null), Row(3, "3", null, null), Row(4, "4", null, null))));

        denial.Message.ShouldContain("RAISE(ABORT");
        Scalar("SELECT count(*) FROM readings").ShouldBe("0");
        (await _store.ReportAsync(ImportFilter.Of(import.Id), CancellationToken.None)).ShouldBeEmpty();
    }

    private async Task<PartOutcome> ApplyAsync(ImportPart part) => (await _store.ApplyAsync([part], CancellationToken.None)).Single();

    private async Task PrepareTableAsync(string columns)
    {
        using (var connection = new SqliteFile(Path).Open(create: true))
        {
            connection.Execute($"CREATE TABLE readings ({columns}, import_id TEXT, line INTEGER)");
        }

        await _store.MigrateAsync([Readings], CancellationToken.None);
        await _store.CheckAsync([Readings], CancellationToken.None);
    }

    private void Execute(string sql)
    {
        using var connection = new SqliteFile(Path).Open(create: false);
        connection.Execute(sql);
    }

    private string? Scalar(string sql)
    {
        using var connection = new SqliteFile(Path).Open(create: false);
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar()?.ToString();
    }
}
