using CsvIngest.Contracts;
using CsvIngest.Postgres;
using CsvIngest.Resilience;
using CsvIngest.ServerTests.Servers;
using CsvIngest.Store;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;
using static CsvIngest.Contracts.ImportDraft;

namespace CsvIngest.ServerTests.Adapters;

/// <summary>Addresses that require a server in some state, with several hosts or one.</summary>
public sealed class PostgresHostsTests(DatabaseServer server)
{
    [Fact]
    public async Task While_none_of_several_hosts_accepts_writes_the_database_is_unavailable_and_nothing_is_lost()
    {
        await using var instance = PostgresInstance.Create();
        await instance.StartAsync();
        // Nothing listens on port 1. The driver retries an unavailable host after one second instead of ten.
        var address = instance.AddressOf("postgres").Replace(instance.Endpoint, $"127.0.0.1:1,{instance.Endpoint}", StringComparison.Ordinal);
        await using var store = new PostgresStore(
            $"{address}?target_session_attrs=read-write&Host%20Recheck%20Seconds=1", NullLogger.Instance);
        await store.MigrateAsync([StoreDatasets.Contacts], CancellationToken.None);
        var import = new ImportDraft(StoreDatasets.Contacts);
        await ApplyAsync(store, import.Slice(1, 0, Row(2, "1@example.com", "x")));
        var second = import.Slice(2, 1, Row(3, "2@example.com", "x"));

        await instance.StopAsync();
        for (var attempt = 0; attempt < 5; attempt++)
        {
            // The first attempt fails with the error of each host, the others because no host is suitable.
            await Should.ThrowAsync<StoreUnavailableException>(() => ApplyAsync(store, second));
        }

        await instance.StartAsync();
        await Retry.WhileUnavailableAsync(() => ApplyAsync(store, second), TimeSpan.FromMinutes(1), _ => { }, CancellationToken.None);
        (await store.ReportAsync(ImportFilter.Of(import.Id), CancellationToken.None)).ShouldHaveSingleItem().Inserted.ShouldBe(2);
    }

    [Fact]
    public async Task A_single_host_may_be_required_to_be_in_a_state()
    {
        var address = await server.CreateDatabaseAsync();
        await using var writable = new PostgresStore($"{address}?target_session_attrs=read-write", NullLogger.Instance);
        await using var plain = new PostgresStore(address, NullLogger.Instance);
        await using var standby = new PostgresStore($"{address}?target_session_attrs=standby", NullLogger.Instance);

        await writable.MigrateAsync([StoreDatasets.Contacts], CancellationToken.None);
        await writable.CheckAsync([StoreDatasets.Contacts], CancellationToken.None);

        writable.DisplayAddress.ShouldBe(plain.DisplayAddress);
        (await Should.ThrowAsync<StoreUnavailableException>(() => standby.CheckAsync([StoreDatasets.Contacts], CancellationToken.None)))
            .Message.ShouldContain(plain.DisplayAddress);
        await server.DropDatabaseAsync(address);
    }

    [Theory]
    [InlineData("postgres://ada@db/people", "postgres://ada@db:5432/people")]
    [InlineData("postgres://ada@db:6543/people", "postgres://ada@db:6543/people")]
    [InlineData("postgres://ada@[::1]:6543/people", "postgres://ada@[::1]:6543/people")]
    [InlineData("postgres://ada@%2Fvar%2Frun/people", "postgres://ada@/var/run/people")]
    public async Task A_single_host_that_must_be_in_a_state_is_shown_once(string address, string shown)
    {
        await using var store = new PostgresStore($"{address}?target_session_attrs=primary", NullLogger.Instance);

        store.DisplayAddress.ShouldBe(shown);
    }

    private static Task ApplyAsync(PostgresStore store, ImportPart part) => store.ApplyAsync([part], CancellationToken.None);
}
