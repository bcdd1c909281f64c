using System.Data.Common;
using CsvIngest.Testing;

namespace CsvIngest.ServerTests.EndToEnd.Harness;

/// <summary>What the tables of a scenario hold, waits for it, and locks that hold up its consumers.</summary>
public sealed class DatabaseProbe(FaultScenario scenario)
{
    private const string Contacts = "SELECT count(*) FROM contacts";

    /// <summary>Runs a query that returns one number.</summary>
    public Task<long> CountAsync(string sql) => scenario.Environment.CountAsync(sql);

    /// <summary>Counts the messages whose effects are in the tables: slices, openings and closings.</summary>
    public Task<long> CountAppliedAsync() => CountAsync(
        "SELECT (SELECT count(*) FROM import_slices) + (SELECT count(opened_at) + count(closed_at) FROM imports)");

    /// <summary>Waits until the table holds at least this many rows.</summary>
    public Task UntilStoredAsync(long rows) => UntilAsync(Contacts, count => count >= rows);

    /// <summary>Waits until the table holds at least this many rows more than now.</summary>
    /// <exception cref="InvalidOperationException">The imports do not have this many rows left.</exception>
    public async Task UntilStoredMoreAsync(long rows)
    {
        var wanted = await CountAsync(Contacts) + rows;
        if (wanted > scenario.Verdict.Files.Sum(file => file.Oracle.FirstNames.Count))
        {
            throw new InvalidOperationException($"The imports of this test are too small: it waits for {wanted} rows, seed {scenario.Seed}");
        }

        await UntilStoredAsync(wanted);
    }

    /// <summary>Waits until a query returns a number that meets a condition.</summary>
    /// <returns>That number.</returns>
    public async Task<long> UntilAsync(string sql, Func<long, bool> condition)
    {
        await using var connection = await scenario.Environment.ConnectAsync();
        var count = 0L;
        await scenario.UntilAsync(async () => condition(count = await PipelineEnvironment.CountAsync(connection, sql)));
        return count;
    }

    /// <summary>
    /// Holds every consumer in its transaction, after it has inserted its rows and before it commits, until the result is disposed
    /// of: rejected rows are what a transaction writes last, and one in a hundred rows is one. Consumers can start meanwhile.
    /// </summary>
    public async Task<DbConnection> HoldTransactionsAsync()
    {
        var connection = await scenario.Environment.ConnectAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "BEGIN; LOCK TABLE rejected_rows IN SHARE MODE";
        await command.ExecuteNonQueryAsync();
        return connection;
    }

    /// <summary>Waits until exactly this many consumers are held.</summary>
    public Task UntilHeldAsync(int consumers) => UntilAsync(
        "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'rejected_rows'::regclass", count => count == consumers);

    /// <summary>Terminates the backend of every transaction that a consumer has begun.</summary>
    /// <returns>The number of backends.</returns>
    public Task<long> TerminateBackendsAsync() => CountAsync(
        """
        SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE application_name = 'csvingest' AND datname = current_database() AND xact_start IS NOT NULL
        """);

    /// <summary>Waits until a <c>status --wait</c> has read the books once.</summary>
    public async Task UntilStatusHasPolledAsync()
    {
        const string Statements =
            """
            SELECT coalesce(max(extract(epoch FROM query_start) * 1000000), 0)::bigint FROM pg_stat_activity
            WHERE application_name = 'csvingest' AND datname = current_database()
            """;
        // Each poll ends with a ROLLBACK. A later statement belongs to the next poll, so the first one was answered.
        var first = await UntilAsync($"{Statements} AND state = 'idle' AND query = 'ROLLBACK'", at => at > 0);
        await UntilAsync(Statements, at => at > first);
    }
}
