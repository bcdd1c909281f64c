using CsvIngest.Datasets;
using CsvIngest.Store;
using Shouldly;
using Xunit;
using static CsvIngest.Contracts.ImportDraft;

namespace CsvIngest.Contracts;

public abstract partial class StoreContract<TFixture>
{
    [Fact]
    public async Task Migrating_an_empty_database_creates_all_that_is_needed_and_migrating_again_nothing()
    {
        await using var database = await fixture.CreateDatabaseAsync();
        await using var store = database.OpenStore(_logger);

        var steps = await store.MigrateAsync(StoreDatasets.All, CancellationToken.None);
        await store.CheckAsync(StoreDatasets.All, CancellationToken.None);
        var again = await store.MigrateAsync(StoreDatasets.All, CancellationToken.None);

        steps.ShouldBe(
            [
                new MigrationStep(MigrationStepKind.MigrationApplied, "0001_ledger.sql"),
                new MigrationStep(MigrationStepKind.MigrationApplied, "0002_contacts.sql"),
                new MigrationStep(MigrationStepKind.MigrationApplied, "0003_subscribers.sql"),
                new MigrationStep(MigrationStepKind.MigrationApplied, "0004_openings.sql"),
                new MigrationStep(MigrationStepKind.MigrationApplied, "0005_reports.sql"),
                new MigrationStep(MigrationStepKind.MigrationApplied, "0006_totals.sql"),
                new MigrationStep(MigrationStepKind.MigrationApplied, "0007_transactions.sql"),
                new MigrationStep(MigrationStepKind.MigrationApplied, "0008_undo.sql"),
                new MigrationStep(MigrationStepKind.TableCreated, "Measurements Of All", "measurements"),
                new MigrationStep(MigrationStepKind.TableCreated, "visits", "visits"),
                new MigrationStep(MigrationStepKind.TableCreated, "guarded", "guarded"),
                new MigrationStep(MigrationStepKind.TableCreated, "payments", "payments"),
            ]);
        again.ShouldBeEmpty();
        (await store.ApplyAsync([new ImportDraft(StoreDatasets.Contacts).Slice(1, 0, Row(2, Email(1), "x"))], CancellationToken.None))
            .ShouldBe([Applied(1)]);
        ShouldHaveLoggedNothingBad();
    }

    [Fact]
    public async Task Several_processes_migrate_at_once()
    {
        await using var database = await fixture.CreateDatabaseAsync();

        var steps = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => Task.Run(async () =>
        {
            await using var store = database.OpenStore(_logger);
            return await store.MigrateAsync(StoreDatasets.All, CancellationToken.None);
        })));

        steps.SelectMany(each => each).ShouldBeUnique();
        steps.Sum(each => each.Count).ShouldBe(12);
        await using var checking = database.OpenStore(_logger);
        await checking.CheckAsync(StoreDatasets.All, CancellationToken.None);
    }

    [Fact]
    public async Task Checking_a_database_without_migrations_is_denied()
    {
        await using var database = await fixture.CreateDatabaseAsync();
        await using var store = database.OpenStore(_logger);

        var denial = await Should.ThrowAsync<DeniedException>(() => store.CheckAsync(StoreDatasets.All, CancellationToken.None));

        denial.Message.ShouldContain("consumer migrate");
    }

    [Fact]
    public async Task Checking_a_database_of_another_program_names_every_missing_migration()
    {
        await using var database = await fixture.CreateDatabaseAsync();
        await using var store = database.OpenStore(_logger);
        await database.ExecuteAsync("CREATE TABLE theirs (id bigint)");

        var denial = await Should.ThrowAsync<DeniedException>(() => store.CheckAsync(StoreDatasets.All, CancellationToken.None));

        denial.Message.ShouldContain(
            "lacks migrations 0001_ledger.sql, 0002_contacts.sql, 0003_subscribers.sql, 0004_openings.sql, 0005_reports.sql, 0006_totals.sql, 0007_transactions.sql, 0008_undo.sql. "
            + "Run `consumer migrate`");
    }

    [Fact]
    public async Task The_tables_of_the_built_in_datasets_take_their_rows()
    {
        await using var database = await fixture.CreateDatabaseAsync();
        await using var store = database.OpenStore(_logger);
        await store.MigrateAsync(DatasetCatalog.BuiltIn.All, CancellationToken.None);

        await store.CheckAsync(DatasetCatalog.BuiltIn.All, CancellationToken.None);
        (await store.ApplyAsync(
            [
                new ImportDraft(DatasetCatalog.Contacts).Slice(1, 0, Row(2, Email(1), "x")),
                new ImportDraft(DatasetCatalog.Subscribers).Slice(1, 0, Row(2, Email(1), null)),
                new ImportDraft(DatasetCatalog.Transactions).Slice(1, 0, Row(2, "t1", "a", null, "2026-11-26T10:00:00Z", "-1.50")),
            ],
            CancellationToken.None)).Select(outcome => outcome.Inserted).ShouldBe([1, 1, 1]);
    }

    [Fact]
    public async Task A_table_that_a_dataset_of_the_same_name_has_made_is_kept()
    {
        await using var database = await fixture.CreateDatabaseAsync();
        await using var store = database.OpenStore(_logger);
        await database.ExecuteAsync("CREATE TABLE subscribers (theirs bigint)");

        await store.MigrateAsync([], CancellationToken.None);

        await database.ExecuteAsync("INSERT INTO subscribers (theirs) VALUES (1)");
    }

    [Fact]
    public async Task An_applied_migration_that_has_changed_is_denied()
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
    public async Task A_dataset_without_its_table_is_denied_until_migrated()
    {
        await using var database = await fixture.CreateDatabaseAsync();
        await using var store = database.OpenStore(_logger);
        await store.MigrateAsync([StoreDatasets.Contacts], CancellationToken.None);

        var denial = await Should.ThrowAsync<DeniedException>(
            () => store.CheckAsync([StoreDatasets.Contacts, StoreDatasets.Visits], CancellationToken.None));
        (await store.MigrateAsync([StoreDatasets.Contacts, StoreDatasets.Visits], CancellationToken.None)).Count.ShouldBe(1);
        await store.CheckAsync([StoreDatasets.Contacts, StoreDatasets.Visits], CancellationToken.None);

        denial.Message.ShouldContain("visits");
        denial.Message.ShouldContain("consumer migrate");
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
    public async Task A_table_that_cannot_hold_the_dataset_is_denied(string table, string named)
    {
        await using var database = await fixture.CreateDatabaseAsync();
        await using var store = database.OpenStore(_logger);
        await database.ExecuteAsync(table);
        await store.MigrateAsync([StoreDatasets.Guarded], CancellationToken.None);

        var denial = await Should.ThrowAsync<DeniedException>(
            () => store.CheckAsync([StoreDatasets.Guarded], CancellationToken.None));

        denial.Message.ShouldContain("guarded");
        denial.Message.ShouldContain(named);
    }

    [Fact]
    public async Task Everything_that_tables_lack_is_named_at_once()
    {
        await using var database = await fixture.CreateDatabaseAsync();
        await using var store = database.OpenStore(_logger);
        await database.ExecuteAsync("CREATE TABLE guarded (code text PRIMARY KEY, line bigint)");
        await database.ExecuteAsync("CREATE TABLE visits (import_id uuid, line bigint)");
        await store.MigrateAsync([], CancellationToken.None);

        var denial = await Should.ThrowAsync<DeniedException>(
            () => store.CheckAsync([StoreDatasets.Guarded, StoreDatasets.Visits, StoreDatasets.Measurements], CancellationToken.None));

        denial.Message.Split('\n').Length.ShouldBe(3);
        denial.Message.ShouldContain("missing: amount, import_id. Run `consumer migrate --add-columns`");
        denial.Message.ShouldContain("missing: page, more. Run `consumer migrate --add-columns`");
        denial.Message.ShouldContain("Measurements Of All");
    }

    [Fact]
    public async Task Adding_columns_adds_what_tables_lack_as_nullable_columns()
    {
        await using var database = await fixture.CreateDatabaseAsync();
        await using var store = database.OpenStore(_logger);
        IReadOnlyCollection<Dataset> datasets = [StoreDatasets.Measurements, StoreDatasets.Visits];
        await database.ExecuteAsync("CREATE TABLE \"Measurements Of All\" (\"select\" bigint PRIMARY KEY, mine text)");
        await database.ExecuteAsync("INSERT INTO \"Measurements Of All\" VALUES (1, 'kept')");
        await database.ExecuteAsync("CREATE TABLE visits (import_id uuid, line bigint)");
        await database.ExecuteAsync("INSERT INTO visits (line) VALUES (7)");
        await store.MigrateAsync(datasets, CancellationToken.None);

        var steps = await store.AddColumnsAsync(datasets, CancellationToken.None);
        var again = await store.AddColumnsAsync(datasets, CancellationToken.None);
        await store.CheckAsync(datasets, CancellationToken.None);
        var outcomes = await store.ApplyAsync(
            [
                new ImportDraft(StoreDatasets.Measurements).Slice(
                    1,
                    0,
                    Row(2, "x", "2", "1.50", "2024-05-01T10:00:00Z", "2024-05-01", "true", "01890a5d-ac96-774b-bcce-b302099a8057", Email(1)),
                    Row(3, null, "1", null, null, null, null, null, null)),
                new ImportDraft(StoreDatasets.Visits).Slice(1, 0, Row(2, "/home")),
            ],
            CancellationToken.None);

        steps.Select(step => (step.Kind, step.Dataset, step.Column)).ShouldBe(
            new[] { "note", "Amount", "at", "day", "valid", "device", "owner", "import_id", "line" }
                .Select(column => (MigrationStepKind.ColumnAdded, (string?)"measurements", (string?)column))
                .Concat([(MigrationStepKind.ColumnAdded, "visits", "page"), (MigrationStepKind.ColumnAdded, "visits", "more")]));
        again.ShouldBeEmpty();
        outcomes.ShouldBe([Applied(1, 1), Applied(1)]);
        (await database.QueryAsync("SELECT mine, line FROM \"Measurements Of All\" WHERE \"select\" = 1"))
            .ShouldHaveSingleItem().ShouldBe(["kept", null]);
        (await database.QueryAsync("SELECT page FROM visits ORDER BY line")).Select(row => row[0]).ShouldBe(["/home", null]);
    }

    [Fact]
    public async Task Adding_columns_leaves_a_table_without_its_key_alone()
    {
        await using var database = await fixture.CreateDatabaseAsync();
        await using var store = database.OpenStore(_logger);
        await database.ExecuteAsync("CREATE TABLE guarded (theirs bigint)");
        await store.MigrateAsync([StoreDatasets.Guarded, StoreDatasets.Visits], CancellationToken.None);

        (await store.AddColumnsAsync([StoreDatasets.Guarded, StoreDatasets.Measurements], CancellationToken.None)).ShouldBeEmpty();
        var denial = await Should.ThrowAsync<DeniedException>(() => store.CheckAsync([StoreDatasets.Guarded], CancellationToken.None));

        denial.Message.ShouldContain("missing: code, amount, import_id, line. Change the table");
    }

    [Fact]
    public async Task An_existing_table_is_not_changed()
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
