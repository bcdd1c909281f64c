using System.Data.Common;
using CsvIngest.ServerTests.EndToEnd.Harness;
using CsvIngest.ServerTests.Servers;
using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.EndToEnd.Faults;

/// <summary>Connections and transactions fail while the database server keeps running.</summary>
public sealed class DatabaseConnectionTests(BrokerServer brokers, DatabaseServer databases)
{
    [Fact]
    public async Task When_backends_are_terminated_in_their_transactions_these_are_retried()
    {
        await using var scenario = await FaultScenario.PrepareAsync(brokers, databases);
        await scenario.ImportAsync(12_000, rowsPerMessage: 1);
        var consumers = await scenario.Consumers.StartAsync(2, "--prefetch", "4");
        for (var terminated = 0L; terminated < 10 || !consumers.All(consumer => consumer.ToString().Contains("unavailable, retrying"));)
        {
            await scenario.Tables.UntilStoredMoreAsync(scenario.Random.Next(1, 500));
            terminated += await scenario.Tables.TerminateBackendsAsync();
        }

        foreach (var consumer in consumers)
        {
            await consumer.WaitForErrorLine("available again after");
        }

        await scenario.VerdictAsync();
    }

    [Fact]
    public async Task When_the_connection_is_cut_during_the_commit_the_ledger_knows_what_went_in()
    {
        await using var scenario = await FaultScenario.PrepareAsync(brokers, databases);
        await using var link = new TcpProxy(Endpoint.Of(scenario.Database));
        await scenario.ImportAsync(20_000);
        var consumer = scenario.Consumers.StartOn(scenario.Broker, Endpoint.Replace(scenario.Database, link.Endpoint), "--prefetch", "20");
        for (var cut = 0; cut < 5; cut++)
        {
            // The server's answer to a COMMIT.
            await link.WithholdAsync("COMMIT\0").WaitAsync(Poll.Timeout);
            await consumer.WaitForErrorLine("available again after");
        }

        // Each cut hit a transaction of at most ten messages.
        var closing = await scenario.VerdictAsync();
        closing.AlreadyApplied.ShouldBeInRange(5, 5 * 10);
    }

    [Fact]
    public async Task When_the_server_ends_a_transaction_that_was_idle_for_too_long_it_is_retried()
    {
        await using var scenario = await FaultScenario.PrepareLinkedAsync(brokers, databases);
        await scenario.ImportAsync(1000);
        await SetForDatabaseAsync(scenario, "idle_in_transaction_session_timeout", "500ms");
        // The next statement arrives too late, as that of a consumer does that was suspended in its transaction.
        scenario.DatabaseLink.Delay = TimeSpan.FromMilliseconds(400);
        var consumer = scenario.Consumers.Start();

        (await consumer.WaitForErrorLine("unavailable, retrying")).ShouldContain("25P03");
        scenario.DatabaseLink.Delay = TimeSpan.Zero;
        await consumer.WaitForErrorLine("available again after");
        await scenario.VerdictAsync();
    }

    [Fact]
    public async Task When_another_session_deadlocks_with_a_consumer_its_transaction_is_retried()
    {
        await using var scenario = await FaultScenario.PrepareAsync(brokers, databases);
        await scenario.ImportAsync(200, rowsPerMessage: 200);
        // The session that has waited this long checks for a deadlock and is the one to fail: the consumer, not the other session.
        await SetForDatabaseAsync(scenario, "deadlock_timeout", "3s");
        await using var other = await scenario.Environment.ConnectAsync();
        await ExecuteAsync(other, "SET deadlock_timeout = '10min'; BEGIN");
        // The consumer locks keys in ascending order: it holds the first when it reaches the last.
        await InsertAsync(other, "person.99@example.com");
        var consumer = scenario.Consumers.Start();
        await scenario.Tables.UntilAsync(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'csvingest' AND wait_event_type = 'Lock' AND datname = current_database()", count => count == 1);

        // Waits for the consumer, until PostgreSQL has chosen that one to fail.
        await InsertAsync(other, "person.0@example.com");

        (await consumer.WaitForErrorLine("unavailable, retrying")).ShouldContain("40P01");
        await ExecuteAsync(other, "ROLLBACK");
        await consumer.WaitForErrorLine("available again after");
        await scenario.VerdictAsync();
    }

    // The connection is half open: nothing but the consumer's own deadline ends the wait for an answer.
    [Fact(Explicit = true)]
    public async Task When_a_consumer_is_terminated_while_the_database_answers_nothing_it_ends_in_time()
    {
        await using var scenario = await FaultScenario.PrepareAsync(brokers, databases);
        await using var link = new TcpProxy(Endpoint.Of(scenario.Database));
        await scenario.ImportAsync(30_000);
        scenario.Consumers.StartOn(scenario.Broker, Endpoint.Replace(scenario.Database, link.Endpoint), "--prefetch", "20");
        await scenario.Tables.UntilStoredMoreAsync(1);
        link.FallSilent();

        // Asserts 30 s and exit code 0.
        await scenario.Consumers.TerminateAsync();

        link.Reset();
        await scenario.VerdictAsync();
    }

    private static Task SetForDatabaseAsync(FaultScenario scenario, string setting, string value) => scenario.Tables.CountAsync(
        $"DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET {setting} = ''{value}''', current_database()); END $$; SELECT 1");

    private static Task InsertAsync(DbConnection connection, string email) => ExecuteAsync(
        connection, $"INSERT INTO contacts (email, full_name, import_id, line) VALUES ('{email}', 'other', gen_random_uuid(), 1)");

    private static async Task ExecuteAsync(DbConnection connection, string sql)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }
}
