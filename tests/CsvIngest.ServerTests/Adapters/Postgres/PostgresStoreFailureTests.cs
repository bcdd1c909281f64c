using CsvIngest.Contracts;
using CsvIngest.Postgres;
using CsvIngest.ServerTests.Servers;
using CsvIngest.Settings;
using CsvIngest.Store;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Shouldly;
using Xunit;
using static CsvIngest.Contracts.ImportDraft;

namespace CsvIngest.ServerTests.Adapters;

/// <summary>Which failures of PostgreSQL another attempt may survive, and which need a person.</summary>
public sealed class PostgresStoreFailureTests(DatabaseServer server) : IAsyncLifetime
{
    private PostgresDatabase _database = null!;
    private PostgresStore _store = null!;

    public async ValueTask InitializeAsync()
    {
        _database = new PostgresDatabase(await server.CreateDatabaseAsync(), server);
        _store = new PostgresStore(_database.Address, NullLogger.Instance);
        await _store.MigrateAsync(StoreDatasets.All, CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task A_server_that_is_stopped_killed_and_started_is_unavailable_meanwhile_and_loses_nothing()
    {
        await using var instance = PostgresInstance.Create();
        await instance.StartAsync();
        await using var store = new PostgresStore(instance.AddressOf("postgres"), NullLogger.Instance);
        await store.MigrateAsync([StoreDatasets.Contacts], CancellationToken.None);
        var import = new ImportDraft(StoreDatasets.Contacts);
        await store.ApplyAsync([import.Slice(1, 0, Row(2, "1@example.com", "x"))], CancellationToken.None);

        await instance.StopAsync();
        await Should.ThrowAsync<StoreUnavailableException>(() => Apply(store, import.Slice(2, 1, Row(3, "2@example.com", "x"))));
        await Should.ThrowAsync<StoreUnavailableException>(() => store.CheckAsync([StoreDatasets.Contacts], CancellationToken.None));
        await instance.StartAsync();
        await Apply(store, import.Slice(2, 1, Row(3, "2@example.com", "x")));

        await instance.KillAsync();
        await Should.ThrowAsync<StoreUnavailableException>(() => Apply(store, import.Slice(2, 1, Row(3, "2@example.com", "x"))));
        await instance.StartAsync();
        (await Apply(store, import.Slice(2, 1, Row(3, "2@example.com", "x")))).Kind.ShouldBe(PartOutcomeKind.AlreadyApplied);
        (await Apply(store, import.Closing(2, 2))).Kind.ShouldBe(PartOutcomeKind.Applied);
        (await store.ReportAsync(ImportFilter.Of(import.Id), CancellationToken.None)).ShouldHaveSingleItem().Complete.ShouldBeTrue();
    }

    [Theory]
    [InlineData("pg_terminate_backend")]
    [InlineData("pg_cancel_backend")]
    public async Task A_backend_that_is_ended_in_a_transaction_is_unavailable(string function)
    {
        var slice = new ImportDraft(StoreDatasets.Contacts).Slice(1, 0, Row(2, "held@example.com", "x"));
        await using var holder = new NpgsqlConnection(PostgresAddress.ToConnectionString(_database.Address));
        await holder.OpenAsync();
        await using (var transaction = await holder.BeginTransactionAsync())
        {
            await using var hold = new NpgsqlCommand(
                "INSERT INTO contacts (email, full_name, import_id, line) VALUES ('held@example.com', 'h', gen_random_uuid(), 1)", holder);
            await hold.ExecuteNonQueryAsync();

            var applying = Apply(_store, slice);
            await EndWaitersAsync(function);
            await Should.ThrowAsync<StoreUnavailableException>(() => applying);
        }

        (await Apply(_store, slice)).ShouldBe(new PartOutcome(PartOutcomeKind.Applied, Inserted: 1));
    }

    [Fact]
    public async Task A_transaction_that_is_lost_at_its_commit_is_unavailable()
    {
        // Runs within COMMIT, and ends the backend there.
        await _database.ExecuteAsync(
            """
            CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;
            CREATE CONSTRAINT TRIGGER die AFTER INSERT ON visits DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION die()
            """);
        var slice = new ImportDraft(StoreDatasets.Visits).Slice(1, 0, Row(2, "page"));

        await Should.ThrowAsync<StoreUnavailableException>(() => Apply(_store, slice));
        await _database.ExecuteAsync("DROP TRIGGER die ON visits");

        (await Apply(_store, slice)).ShouldBe(new PartOutcome(PartOutcomeKind.Applied, Inserted: 1));
    }

    [Theory]
    [InlineData("import_slices", "INSERT")]
    [InlineData("imports", "UPDATE")]
    public async Task A_ledger_that_drops_entries_is_unavailable_and_no_row_is_inserted(string table, string statement)
    {
        await _database.ExecuteAsync(
            $"""
            CREATE FUNCTION drop_entry() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
            CREATE TRIGGER drop_entry BEFORE {statement} ON {table} FOR EACH ROW EXECUTE FUNCTION drop_entry()
            """);
        var import = new ImportDraft(StoreDatasets.Visits);
        ImportPart[] parts = [import.Slice(1, 0, Row(2, "page")), import.Closing(1, 1)];

        await Should.ThrowAsync<StoreUnavailableException>(() => _store.ApplyAsync(parts, CancellationToken.None));
        (await _database.QueryAsync("SELECT 1 FROM visits")).ShouldBeEmpty();

        await _database.ExecuteAsync($"DROP TRIGGER drop_entry ON {table}");
        (await _store.ApplyAsync(parts, CancellationToken.None)).ShouldAllBe(outcome => outcome.Kind == PartOutcomeKind.Applied);
    }

    [Fact]
    public async Task Openings_and_closings_of_the_same_imports_in_several_transactions_do_not_deadlock()
    {
        for (var round = 0; round < 50; round++)
        {
            var (one, other) = (new ImportDraft(StoreDatasets.Visits), new ImportDraft(StoreDatasets.Visits));
            await _store.ApplyAsync([one.Slice(1, 0, Row(2, "page")), other.Slice(1, 0, Row(2, "page"))], CancellationToken.None);
            await Task.WhenAll(
                _store.ApplyAsync([one.Opening(new ImportOrigin()), other.Closing(1, 1)], CancellationToken.None),
                _store.ApplyAsync([other.Opening(new ImportOrigin()), one.Closing(1, 1)], CancellationToken.None));
        }
    }

    [Fact]
    public async Task Commits_are_durable_even_if_the_database_does_not_require_it()
    {
        await SetForDatabaseAsync("synchronous_commit", "off");

        (await SettingsOfTransactionAsync("synchronous_commit")).ShouldBe(["on"]);
    }

    [Fact]
    public async Task A_transaction_whose_client_cannot_be_reached_ends_soon()
    {
        // The first ends one that waits for a statement, the others one that waits for the data of a COPY.
        string[] settings = ["idle_in_transaction_session_timeout", "tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_keepalives_count"];

        (await SettingsOfTransactionAsync(settings)).ShouldBe(["30s", "10", "5", "4"]);
    }

    [Fact]
    public async Task Stricter_settings_of_the_database_are_kept()
    {
        await SetForDatabaseAsync("idle_in_transaction_session_timeout", "7s");
        await SetForDatabaseAsync("tcp_keepalives_idle", "7");

        (await SettingsOfTransactionAsync("idle_in_transaction_session_timeout", "tcp_keepalives_idle")).ShouldBe(["7s", "7"]);
    }

    [Fact]
    public async Task A_dropped_table_is_denied_and_the_message_names_migrate()
    {
        await _database.ExecuteAsync("DROP TABLE visits");

        var denial = await Should.ThrowAsync<DeniedException>(
            () => Apply(_store, new ImportDraft(StoreDatasets.Visits).Slice(1, 0, Row(2, "page"))));

        denial.Message.ShouldContain("consumer migrate");
    }

    [Fact]
    public async Task A_wrong_password_user_or_database_is_denied_without_showing_the_password()
    {
        var right = new NpgsqlConnectionStringBuilder(PostgresAddress.ToConnectionString(_database.Address));
        string[] wrong =
        [
            new NpgsqlConnectionStringBuilder(right.ConnectionString) { Password = "s3cr3t" }.ConnectionString,
            new NpgsqlConnectionStringBuilder(right.ConnectionString) { Database = "not_there" }.ConnectionString,
            new NpgsqlConnectionStringBuilder(right.ConnectionString) { Username = "not_there", Password = "s3cr3t" }.ConnectionString,
        ];

        foreach (var address in wrong)
        {
            await using var store = new PostgresStore(address, NullLogger.Instance);
            var denial = await Should.ThrowAsync<DeniedException>(() => store.CheckAsync([], CancellationToken.None));
            denial.Message.ShouldContain(store.DisplayAddress);
            denial.ToString().ShouldNotContain("s3cr3t");
        }
    }

    [Theory]
    [InlineData("Read Buffer Size", 1)]
    public async Task A_setting_that_the_driver_rejects_when_it_connects_is_wrong_usage(string keyword, object value)
    {
        var address = new NpgsqlConnectionStringBuilder(PostgresAddress.ToConnectionString(_database.Address)) { [keyword] = value };
        await using var store = new PostgresStore(address.ConnectionString, NullLogger.Instance);

        var denial = await Should.ThrowAsync<UsageException>(() => store.CheckAsync([], CancellationToken.None));

        denial.Message.ShouldContain($"{value}");
        denial.ToString().ShouldNotContain(address.Password!);
    }

    [Theory]
    [InlineData("CREATE TABLE guarded (code text PRIMARY KEY, amount point, import_id uuid, line bigint)", "point")]
    [InlineData(
        "CREATE TABLE guarded (code text UNIQUE DEFERRABLE, amount bigint, import_id uuid, line bigint)", "unique")]
    [InlineData(
        "CREATE TABLE guarded (code text PRIMARY KEY, amount bigint, import_id uuid, line bigint, made date NOT NULL DEFAULT now(), owner text NOT NULL)",
        "not in the dataset: owner.")]
    public async Task A_table_that_rows_cannot_be_inserted_into_is_denied_at_the_start(string table, string named)
    {
        await _database.ExecuteAsync($"DROP TABLE guarded; {table}");

        var denial = await Should.ThrowAsync<DeniedException>(
            () => _store.CheckAsync([StoreDatasets.Guarded], CancellationToken.None));

        denial.Message.ShouldContain(named);
    }

    [Fact]
    public async Task A_database_of_another_encoding_is_denied()
    {
        var name = $"latin1_{Guid.NewGuid():N}";
        await _database.ExecuteAsync($"CREATE DATABASE {name} ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
        var address = new NpgsqlConnectionStringBuilder(PostgresAddress.ToConnectionString(_database.Address)) { Database = name, Pooling = false };
        await using (var store = new PostgresStore(address.ConnectionString, NullLogger.Instance))
        {
            foreach (var call in (Func<Task>[])[() => store.MigrateAsync([], CancellationToken.None), () => store.CheckAsync([], CancellationToken.None)])
            {
                (await Should.ThrowAsync<DeniedException>(call)).Message.ShouldContain("has the encoding LATIN1; expected UTF8");
            }
        }

        await _database.ExecuteAsync($"DROP DATABASE {name}");
    }

    [Fact]
    public async Task An_undo_that_the_server_does_not_permit_is_denied()
    {
        var import = new ImportDraft(StoreDatasets.Visits);
        await _store.ApplyAsync([import.Slice(1, 0, Row(2, "page")), import.Closing(1, 1)], CancellationToken.None);
        // A table that publishes what is removed from it needs a replica identity.
        await _database.ExecuteAsync("CREATE PUBLICATION everything FOR ALL TABLES");

        (await _store.BeginUndoAsync(import.Id, CancellationToken.None)).ShouldBe(UndoStart.Begun);
        var denial = await Should.ThrowAsync<DeniedException>(
            () => _store.ContinueUndoAsync(import.Id, StoreDatasets.Visits, 100, CancellationToken.None));

        denial.Message.ShouldContain("replica identity");
    }

    [Fact]
    public async Task Imports_are_found_by_name_whatever_a_backslash_means()
    {
        await SetForDatabaseAsync("standard_conforming_strings", "off");
        await using var store = new PostgresStore(_database.Address + "?Pooling=false", NullLogger.Instance);
        var import = new ImportDraft(StoreDatasets.Visits, "a_b~c\\d.csv");
        await store.ApplyAsync([import.Closing(0, 0)], CancellationToken.None);

        foreach (var (pattern, count) in ((string, int)[])[("a_b~c\\d*", 1), ("a?b*", 1), ("a~_*", 0), ("ab*", 0)])
        {
            (await store.ReportAsync(new ImportFilter { Source = pattern }, CancellationToken.None)).Count.ShouldBe(count, pattern);
        }
    }

    private static async Task<PartOutcome> Apply(PostgresStore store, ImportPart part) =>
        (await store.ApplyAsync([part], CancellationToken.None))[0];

    private Task SetForDatabaseAsync(string setting, string value) => _database.ExecuteAsync(
        $"DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET {setting} = ''{value}''', current_database()); END $$");

    private async Task<IEnumerable<object?>> SettingsOfTransactionAsync(params string[] names)
    {
        await _database.ExecuteAsync(
            $"""
            CREATE TABLE seen (setting text);
            CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN INSERT INTO seen SELECT current_setting(unnest(ARRAY['{string.Join("', '", names)}'])); RETURN NEW; END $$;
            CREATE TRIGGER look BEFORE INSERT ON visits FOR EACH ROW EXECUTE FUNCTION look()
            """);
        await using var store = new PostgresStore(_database.Address + "?Pooling=false", NullLogger.Instance);

        await Apply(store, new ImportDraft(StoreDatasets.Visits).Slice(1, 0, Row(2, "page")));

        return (await _database.QueryAsync("SELECT setting FROM seen")).Select(row => row[0]);
    }

    // Ends the store's backend once it waits for the holder's transaction.
    private async Task EndWaitersAsync(string function)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var end = $"SELECT {function}(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        while ((await _database.QueryAsync(end)).Count == 0)
        {
            timeout.Token.ThrowIfCancellationRequested();
        }
    }
}
