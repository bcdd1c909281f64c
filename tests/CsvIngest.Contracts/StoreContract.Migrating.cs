using Shouldly;
using Xunit;
using static CsvIngest.Contracts.ImportDraft;

namespace CsvIngest.Contracts;

public abstract partial class StoreContract<TFixture>
{
    [Fact]
    public async Task Migrating_an_empty_database_makes_all_that_is_needed_and_migrating_again_nothing()
    {
        await using var database = await fixture.CreateDatabaseAsync();
        await using var store = database.OpenStore(_logger);

        var done = await store.MigrateAsync(StoreDatasets.All, CancellationToken.None);
        await store.CheckAsync(StoreDatasets.All, CancellationToken.None);
        var again = await store.MigrateAsync(StoreDatasets.All, CancellationToken.None);

        done.ShouldContain(line => line.Contains("0001", StringComparison.Ordinal));
        done.ShouldContain(line => line.Contains("Measurements Of All", StringComparison.Ordinal));
        again.ShouldBeEmpty();
        (await store.ApplyAsync([new ImportDraft(StoreDatasets.Contacts).Slice(1, 0, Row(2, Email(1), "x"))], CancellationToken.None))
            .ShouldBe([Applied(1)]);
        ShouldHaveLoggedNothingBad();
    }

    [Fact]
    public async Task Five_migrate_at_once()
    {
        await using var database = await fixture.CreateDatabaseAsync();

        var done = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => Task.Run(async () =>
        {
            await using var store = database.OpenStore(_logger);
            return await store.MigrateAsync(StoreDatasets.All, CancellationToken.None);
        })));

        done.SelectMany(lines => lines).ShouldBeUnique();
        await using var checking = database.OpenStore(_logger);
        await checking.CheckAsync(StoreDatasets.All, CancellationToken.None);
    }

    [Fact]
    public async Task A_database_without_migrations_is_rejected()
    {
        await using var database = await fixture.CreateDatabaseAsync();
        await using var store = database.OpenStore(_logger);

        var refusal = await Should.ThrowAsync<DeniedException>(() => store.CheckAsync(StoreDatasets.All, CancellationToken.None));

        refusal.Message.ShouldContain("consumer migrate");
    }

    [Fact]
    public async Task An_applied_migration_that_has_changed_is_rejected()
    {
        await using var database = await fixture.CreateDatabaseAsync();
        await using var store = database.OpenStore(_logger);
        await store.MigrateAsync([StoreDatasets.Contacts], CancellationToken.None);
        await database.ExecuteAsync("UPDATE csvingest_migrations SET hash = 'another' WHERE name LIKE '0001%'");

        var migrating = await Should.ThrowAsync<DeniedException>(() => store.MigrateAsync([], CancellationToken.None));
        var checking = await Should.ThrowAsync<DeniedException>(() => store.CheckAsync([], CancellationToken.None));

        migrating.Message.ShouldContain("0001");
        checking.Message.ShouldContain("0001");
    }

    [Fact]
    public async Task A_dataset_without_its_table_is_rejected_until_migrated()
    {
        await using var database = await fixture.CreateDatabaseAsync();
        await using var store = database.OpenStore(_logger);
        await store.MigrateAsync([StoreDatasets.Contacts], CancellationToken.None);

        var refusal = await Should.ThrowAsync<DeniedException>(
            () => store.CheckAsync([StoreDatasets.Contacts, StoreDatasets.Visits], CancellationToken.None));
        (await store.MigrateAsync([StoreDatasets.Contacts, StoreDatasets.Visits], CancellationToken.None)).Count.ShouldBe(1);
        await store.CheckAsync([StoreDatasets.Contacts, StoreDatasets.Visits], CancellationToken.None);

        refusal.Message.ShouldContain("visits");
        refusal.Message.ShouldContain("consumer migrate");
    }

    [Theory]
    [InlineData("CREATE TABLE guarded (code text PRIMARY KEY, import_id uuid, line bigint)", "amount")]
    [InlineData("CREATE TABLE guarded (code text PRIMARY KEY, amount bigint, import_id uuid)", "line")]
    [InlineData("CREATE TABLE guarded (code text PRIMARY KEY, amount bigint, line bigint)", "import_id")]
    [InlineData("CREATE TABLE guarded (code text, amount bigint, import_id uuid, line bigint)", "unique")]
    [InlineData(
        "CREATE TABLE guarded (code text, amount bigint, import_id uuid, line bigint, UNIQUE (code, amount))", "unique")]
    [InlineData(
        """
        CREATE TABLE guarded (code text, amount bigint, import_id uuid, line bigint);
        CREATE UNIQUE INDEX partly ON guarded (code) WHERE amount > 0
        """,
        "unique")]
    [InlineData(
        """
        CREATE TABLE guarded (code text, amount bigint, import_id uuid, line bigint);
        CREATE UNIQUE INDEX folded ON guarded (lower(code))
        """,
        "unique")]
    public async Task A_table_that_cannot_hold_the_dataset_is_rejected(string table, string named)
    {
        await using var database = await fixture.CreateDatabaseAsync();
        await using var store = database.OpenStore(_logger);
        await database.ExecuteAsync(table);
        await store.MigrateAsync([StoreDatasets.Guarded], CancellationToken.None);

        var refusal = await Should.ThrowAsync<DeniedException>(
            () => store.CheckAsync([StoreDatasets.Guarded], CancellationToken.None));

        refusal.Message.ShouldContain("guarded");
        refusal.Message.ShouldContain(named);
    }

    [Fact]
    public async Task A_table_that_stands_already_is_left_as_it_is()
    {
        await using var database = await fixture.CreateDatabaseAsync();
        await using var store = database.OpenStore(_logger);
        await database.ExecuteAsync("CREATE TABLE guarded (code text, amount bigint, import_id uuid, line bigint, remark text)");
        await database.ExecuteAsync("CREATE UNIQUE INDEX its_key ON guarded (code)");
        await database.ExecuteAsync("INSERT INTO guarded (code, line, remark) VALUES ('a', 1, 'mine')");

        await store.MigrateAsync([StoreDatasets.Guarded], CancellationToken.None);
        await store.CheckAsync([StoreDatasets.Guarded], CancellationToken.None);
        var outcome = await store.ApplyAsync(
            [new ImportDraft(StoreDatasets.Guarded).Slice(1, 0, Row(2, "a", "1"), Row(3, "b", "2"))], CancellationToken.None);

        outcome.ShouldBe([Applied(1, 1)]);
        (await database.QueryAsync("SELECT remark FROM guarded WHERE code = 'a'")).ShouldHaveSingleItem()[0].ShouldBe("mine");
    }
}
