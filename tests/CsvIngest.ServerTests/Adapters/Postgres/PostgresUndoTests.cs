using CsvIngest.Contracts;
using CsvIngest.Postgres;
using CsvIngest.ServerTests.Servers;
using CsvIngest.Store;
using CsvIngest.Testing;
using Npgsql;
using Shouldly;
using Xunit;
using static CsvIngest.Contracts.ImportDraft;

namespace CsvIngest.ServerTests.Adapters;

/// <summary>Undoing imports in PostgreSQL: what waits for what, and what other tables may forbid.</summary>
public sealed class PostgresUndoTests(DatabaseServer server) : IAsyncLifetime
{
    private readonly RecordedLogs _logs = new();
    private readonly ImportDraft _import = new(StoreDatasets.Payments);
    private PostgresDatabase _database = null!;
    private IStore _store = null!;

    private SlicePart Slice => _import.Slice(1, 0, Row(2, "1", "a", "1", null), Row(3, "2", "a", "2", null));

    public async ValueTask InitializeAsync()
    {
        _database = new PostgresDatabase(await server.CreateDatabaseAsync(), server);
        _store = _database.OpenStore(_logs);
        await _store.MigrateAsync([StoreDatasets.Payments], CancellationToken.None);
        await _store.ApplyAsync([Slice, _import.Closing(2, 1)], CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        await _database.DisposeAsync();
        _logs.Dispose();
    }

    [Fact]
    public async Task An_undo_begins_after_the_transactions_that_have_begun_to_apply_parts_of_the_import()
    {
        // Another program keeps a transaction waiting that also has a part of the import.
        await using var holder = new NpgsqlConnection(PostgresAddress.ToConnectionString(_database.Address));
        await holder.OpenAsync();
        var transaction = await holder.BeginTransactionAsync();
        await using var hold = new NpgsqlCommand("INSERT INTO payments (id, import_id, line) VALUES ('held', gen_random_uuid(), 1)", holder);
        await hold.ExecuteNonQueryAsync();
        var other = new ImportDraft(StoreDatasets.Payments);
        var applying = _store.ApplyAsync([Slice, other.Slice(1, 0, Row(2, "held", "a", "1", null))], CancellationToken.None);
        await UntilAsync("SELECT 1 FROM pg_locks WHERE locktype = 'transactionid' AND NOT granted");

        var begin = _store.BeginUndoAsync(_import.Id, CancellationToken.None);
        await UntilAsync("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted");
        begin.IsCompleted.ShouldBeFalse();
        await transaction.RollbackAsync();

        (await applying).Select(outcome => outcome.Kind).ShouldBe([PartOutcomeKind.AlreadyApplied, PartOutcomeKind.Applied]);
        (await begin).ShouldBe(UndoStart.Begun);
        (await _store.ApplyAsync([Slice], CancellationToken.None)).ShouldBe([PartOutcome.Undone]);
    }

    [Fact]
    public async Task While_another_table_refers_to_a_row_nothing_of_its_slices_is_removed()
    {
        await _database.ExecuteAsync("CREATE TABLE refunds (payment text REFERENCES payments (id)); INSERT INTO refunds VALUES ('2')");
        await _store.BeginUndoAsync(_import.Id, CancellationToken.None);

        var denial = await Should.ThrowAsync<DeniedException>(ContinueAsync);
        denial.Message.ShouldContain("violates foreign key constraint");
        (await _database.QueryAsync("SELECT count(*) FROM payments")).ShouldHaveSingleItem()[0].ShouldBe("2");
        (await _database.QueryAsync("SELECT sum(rows) FROM csvingest_totals WHERE sum_column = 'amount'")).ShouldHaveSingleItem()[0].ShouldBe("2");

        await _database.ExecuteAsync("DELETE FROM refunds");
        (await ContinueAsync()).ShouldBe(new UndoStep(2, IsComplete: true));
    }

    private Task<UndoStep> ContinueAsync() => _store.ContinueUndoAsync(_import.Id, StoreDatasets.Payments, 10, CancellationToken.None);

    private Task UntilAsync(string query) => Poll.UntilAsync(async () => (await _database.QueryAsync(
        $"{query} AND pid IN (SELECT pid FROM pg_stat_activity WHERE datname = current_database())")).Count > 0);
}
