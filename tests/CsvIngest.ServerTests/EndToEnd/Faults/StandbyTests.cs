using CsvIngest.Contracts;
using CsvIngest.Postgres;
using CsvIngest.ServerTests.EndToEnd.Harness;
using CsvIngest.ServerTests.Servers;
using CsvIngest.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;
using static CsvIngest.Contracts.ImportDraft;

namespace CsvIngest.ServerTests.EndToEnd.Faults;

/// <summary>The database has a standby, which replaces a primary that has died.</summary>
public sealed class StandbyTests(BrokerServer brokers)
{
    [Fact]
    public async Task When_the_primary_is_killed_the_consumers_go_on_at_the_promoted_standby_and_nothing_is_lost()
    {
        await using var database = await PostgresPair.StartAsync();
        await using var scenario = await PrepareAsync(database);
        await database.ReplicateSynchronouslyAsync();
        await scenario.ImportAsync(10_000);
        await using var progress = new ProgressWatch(scenario);
        var consumers = await scenario.Consumers.StartAsync(2, "--prefetch", "20");
        await scenario.Tables.UntilStoredAsync(scenario.Random.Next(100, 3000));

        await database.FailOverAsync();

        foreach (var consumer in consumers)
        {
            await consumer.WaitForErrorLine("unavailable, retrying");
            await consumer.WaitForErrorLine("available again after", Poll.Timeout);
        }

        await scenario.Verdict.WaitUntilCompleteAsync(scenario.Consumers.ShouldAllRun);
        TestContext.Current.TestOutputHelper?.WriteLine($"Nothing was stored for {(await progress.StopAsync()).TotalSeconds:0.0} s at most");
        await scenario.VerdictAsync();
    }

    [Fact(Explicit = true)]
    public async Task When_the_standby_confirms_nothing_before_the_primary_is_killed_nothing_is_acked_and_nothing_is_lost()
    {
        await using var database = await PostgresPair.StartAsync();
        await using var scenario = await PrepareAsync(database);
        await database.ReplicateSynchronouslyAsync();
        await scenario.ImportAsync(5_000);
        var consumer = scenario.Consumers.StartOn(scenario.Broker, $"{scenario.Database}&Command%20Timeout=2", "--prefetch", "20");
        await scenario.Tables.UntilStoredAsync(100);
        await database.StopReplicatingAsync();

        // Its commit is cancelled after the timeout, and succeeds with a warning: the primary has the transaction, and the standby does not.
        (await consumer.WaitForErrorLine("unavailable, retrying", Poll.Timeout)).ShouldContain("no synchronous standby has confirmed");
        await database.FailOverAsync();
        await consumer.WaitForErrorLine("available again after", Poll.Timeout);
        await scenario.VerdictAsync();
    }

    [Fact(Explicit = true)]
    public async Task When_the_standby_lacks_transactions_status_names_their_slices_and_importing_the_file_again_fills_the_gap()
    {
        await using var database = await PostgresPair.StartAsync();
        await using var scenario = await PrepareAsync(database);
        var file = await scenario.ImportAsync(10_000);
        var first = file.Last!;
        scenario.Consumers.Start("--prefetch", "20");
        await scenario.Tables.UntilStoredAsync(scenario.Random.Next(100, 2000));
        await database.StopReplicatingAsync();
        await scenario.Tables.UntilStoredMoreAsync(scenario.Random.Next(100, 2000));

        await database.FailOverAsync();

        await scenario.Queues.UntilQueuedAsync(0);
        var lost = file.Abandon(first);
        (await file.ProduceAsync()).ShouldExitWith(0);
        file.Import.ShouldNotBe(lost);
        await scenario.VerdictAsync();

        var status = (await scenario.Environment.StatusAsync($"{lost}", "--json")).ShouldExitWith(1).Json()[0];
        var outstanding = status.GetProperty("outstanding").GetInt64();
        outstanding.ShouldBePositive("nothing was lost");
        (await scenario.Environment.StatusAsync($"{lost}")).ShouldExitWith(1).Output.ShouldContain("missing slices ");
        var again = await scenario.Environment.WaitUntilCompleteAsync(file.Import);
        // What the lost slices had inserted: all of their rows but those that are rejected or repeat a key.
        again.GetProperty("inserted").GetInt64().ShouldBeInRange(1, outstanding);
        again.GetProperty("inserted").GetInt64().ShouldBe(file.Oracle.FirstNames.Count - status.GetProperty("inserted").GetInt64());
    }

    [Fact(Explicit = true)]
    public async Task A_database_that_accepts_no_writes_is_unavailable_until_it_does()
    {
        await using var database = await PostgresPair.StartAsync();
        // Without target_session_attrs, so that the driver does not find out by itself.
        await using var primary = new PostgresStore(database.Primary.AddressOf("postgres"), NullLogger.Instance);
        await using var standby = new PostgresStore(database.Standby.AddressOf("postgres"), NullLogger.Instance);
        await primary.MigrateAsync([StoreDatasets.Contacts], CancellationToken.None);
        var import = new ImportDraft(StoreDatasets.Contacts);
        await primary.ApplyAsync([import.Slice(1, 0, Row(2, "1@example.com", "x"))], CancellationToken.None);
        await primary.ApplyAsync([import.Slice(2, 1, Row(3, "2@example.com", "x"))], CancellationToken.None);

        await Should.ThrowAsync<StoreUnavailableException>(() => ApplyAsync(standby, import.Slice(3, 2, Row(4, "3@example.com", "x"))));
        await Should.ThrowAsync<StoreUnavailableException>(() => standby.MigrateAsync([StoreDatasets.Contacts], CancellationToken.None));
        await database.Primary.ExecuteAsync("ALTER SYSTEM SET default_transaction_read_only = on");
        await database.Primary.ExecuteAsync("SELECT pg_reload_conf()");
        await Poll.UntilAsync(async () => (string)(await database.Primary.ExecuteAsync("SHOW transaction_read_only"))! == "on");
        await Should.ThrowAsync<StoreUnavailableException>(() => ApplyAsync(primary, import.Slice(3, 2, Row(4, "3@example.com", "x"))));

        await database.FailOverAsync();
        await ApplyAsync(standby, import.Slice(3, 2, Row(4, "3@example.com", "x")));
        (await standby.ReportAsync(Store.ImportFilter.Of(import.Id), CancellationToken.None)).ShouldHaveSingleItem().Inserted.ShouldBe(3);
    }

    private static Task ApplyAsync(PostgresStore store, Store.ImportPart part) => store.ApplyAsync([part], CancellationToken.None);

    private async Task<FaultScenario> PrepareAsync(PostgresPair database) =>
        await FaultScenario.PrepareAsync(new ServerEnvironment(await brokers.AddressAsync(), database.Address));
}
