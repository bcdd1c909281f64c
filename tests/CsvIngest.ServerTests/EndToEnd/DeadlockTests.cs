using System.Data.Common;
using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.EndToEnd;

/// <summary>Others write to the tables too, and lock their rows in an order of their own.</summary>
[Collection(nameof(BreakableDatabase))]
public sealed class DeadlockTests(BreakableDatabase database)
{
    [Fact]
    public async Task When_another_session_deadlocks_with_a_consumer_its_transaction_is_tried_again()
    {
        await using var scenario = await database.PrepareAsync();
        await scenario.ImportAsync(200, rowsPerMessage: 200);
        // Whoever has waited so long looks for a deadlock and gives way: the consumer, and not the other session.
        await scenario.CountAsync(
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET deadlock_timeout = ''3s''', current_database()); END $$; SELECT 1");
        await using var other = scenario.Connect();
        await other.OpenAsync();
        await ExecuteAsync(other, "SET deadlock_timeout = '10min'; BEGIN");
        // The consumer goes up the keys: it has the first of them when it comes to the last.
        await InsertAsync(other, "person.99@example.com");
        var consumer = scenario.StartConsumer();
        await scenario.UntilAsync(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'csvingest' AND wait_event_type = 'Lock'", count => count == 1);

        // Waits for the consumer, until that was chosen to fail.
        await InsertAsync(other, "person.0@example.com");

        (await consumer.WaitForErrorLine("Lost the database")).ShouldContain("40P01");
        await ExecuteAsync(other, "ROLLBACK");
        await consumer.WaitForErrorLine("is back after");
        await scenario.VerdictAsync();
    }

    private static Task InsertAsync(DbConnection connection, string email) => ExecuteAsync(
        connection, $"INSERT INTO contacts (email, full_name, import_id, line) VALUES ('{email}', 'other', gen_random_uuid(), 1)");

    private static async Task ExecuteAsync(DbConnection connection, string sql)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }
}
