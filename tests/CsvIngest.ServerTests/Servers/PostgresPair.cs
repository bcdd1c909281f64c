using CsvIngest.Testing;
using Xunit;

namespace CsvIngest.ServerTests.Servers;

/// <summary>
/// Two PostgreSQL servers, of which the second is the standby of the first by streaming replication, asynchronously at first: always processes
/// of this machine's own PostgreSQL.
/// </summary>
internal sealed class PostgresPair : IAsyncDisposable
{
    private PostgresPair()
    {
        Primary = new PrivatePostgres([]);
        Standby = new PrivatePostgres([], Primary);
    }

    /// <summary>The server that accepts writes, until it is killed.</summary>
    public PrivatePostgres Primary { get; }

    /// <summary>The server that follows it, until it is promoted.</summary>
    public PrivatePostgres Standby { get; }

    /// <summary>The address of both: whichever accepts writes.</summary>
    public string Address => Primary.AddressOf("postgres")
        .Replace(Primary.Endpoint, $"{Primary.Endpoint},{Standby.Endpoint}", StringComparison.Ordinal) + "?target_session_attrs=read-write";

    /// <summary>
    /// Starts both. Skips the test if the servers are containers, and this machine has no PostgreSQL of its own.
    /// </summary>
    public static async Task<PostgresPair> StartAsync()
    {
        Assert.SkipUnless(
            PrivatePostgres.IsInstalled || !Containers.AreUsed, "A standby needs a PostgreSQL server on this machine; containers do not form a pair.");
        var pair = new PostgresPair();
        await pair.Primary.StartAsync();
        await pair.Standby.StartAsync();
        await pair.UntilReplicatedAsync("state = 'streaming'");
        return pair;
    }

    /// <summary>From now on, a commit at the primary waits until the standby has written it to its disk.</summary>
    public async Task ReplicateSynchronouslyAsync()
    {
        await SetAsync(Primary, "synchronous_standby_names", "*");
        await UntilReplicatedAsync("sync_state = 'sync'");
    }

    /// <summary>From now on, the standby receives nothing of what the primary commits.</summary>
    public async Task StopReplicatingAsync()
    {
        await SetAsync(Standby, "primary_conninfo", "");
        await Poll.UntilAsync(async () => await CountAsync(Standby, "SELECT count(*) FROM pg_stat_wal_receiver") == 0);
    }

    /// <summary>Kills the primary and has the standby accept writes.</summary>
    public async Task FailOverAsync()
    {
        await Primary.KillAsync();
        await PromoteAsync();
    }

    /// <summary>Has the standby accept writes.</summary>
    public Task PromoteAsync() => Standby.ExecuteAsync("SELECT pg_promote()");

    public async ValueTask DisposeAsync()
    {
        await Standby.DisposeAsync();
        await Primary.DisposeAsync();
    }

    private static async Task SetAsync(PrivatePostgres server, string setting, string value)
    {
        await server.ExecuteAsync($"ALTER SYSTEM SET {setting} = '{value}'");
        await server.ExecuteAsync("SELECT pg_reload_conf()");
    }

    private static async Task<long> CountAsync(PrivatePostgres server, string sql) => (long)(await server.ExecuteAsync(sql))!;

    private Task UntilReplicatedAsync(string condition) => Poll.UntilAsync(
        async () => await CountAsync(Primary, $"SELECT count(*) FROM pg_stat_replication WHERE application_name = 'walreceiver' AND {condition}") == 1);
}
