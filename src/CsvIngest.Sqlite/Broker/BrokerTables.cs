using Microsoft.Data.Sqlite;

namespace CsvIngest.Sqlite;

/// <summary>The broker's tables. They are made by the broker itself, since a producer runs without migrations.</summary>
/// <remarks>
/// A message's delivery state stands apart from its body, so that taking a message does not write the body again. A lease is
/// kept per receiver, not per message: renewing it is one row, however many deliveries are in hand.
/// </remarks>
internal static class BrokerTables
{
    private const string Create = """
        CREATE TABLE IF NOT EXISTS broker_messages (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            queue TEXT NOT NULL,
            body BLOB NOT NULL,
            content_type TEXT);
        CREATE INDEX IF NOT EXISTS broker_messages_by_queue ON broker_messages (queue);
        -- Only messages that have been delivered at least once. A receiver of null: delivered before, free again.
        CREATE TABLE IF NOT EXISTS broker_deliveries (
            message_id INTEGER PRIMARY KEY,
            receiver TEXT,
            attempts INTEGER NOT NULL);
        -- A receiver whose time (Unix milliseconds) has passed has died: whoever notices first frees its deliveries.
        CREATE TABLE IF NOT EXISTS broker_receivers (
            receiver TEXT PRIMARY KEY NOT NULL,
            alive_until INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS broker_dead_letters (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            queue TEXT NOT NULL,
            body BLOB NOT NULL,
            content_type TEXT,
            reason TEXT NOT NULL,
            detail TEXT NOT NULL,
            dead_at INTEGER NOT NULL);
        """;

    // Fails where a table of this name has other columns.
    private const string Probe = """
        SELECT id, queue, body, content_type FROM broker_messages WHERE 0;
        SELECT message_id, receiver, attempts FROM broker_deliveries WHERE 0;
        SELECT receiver, alive_until FROM broker_receivers WHERE 0;
        SELECT id, queue, body, content_type, reason, detail, dead_at FROM broker_dead_letters WHERE 0;
        """;

    /// <summary>What to do when the tables are not as expected.</summary>
    public const string NextStep = "Its broker_ tables are not those of this program: name another file for the broker.";

    /// <summary>Opens a connection to a file that has the tables, making what is missing.</summary>
    /// <exception cref="SqliteException">It cannot be opened, or has other tables of these names.</exception>
    public static SqliteConnection Open(SqliteFile file, bool durable)
    {
        var connection = file.Open(create: true, durable);
        try
        {
            if (!AreThere(connection))
            {
                connection.Write(SqliteFile.LockTimeout, () => connection.Execute(Create));
            }

            connection.Execute(Probe);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Whether the file has the tables. Only reads, so that looking at a file in use needs no write lock.</summary>
    public static bool AreThere(SqliteConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT count(*) = 4 FROM sqlite_master WHERE type = 'table' AND name IN "
            + "('broker_messages', 'broker_deliveries', 'broker_receivers', 'broker_dead_letters')";
        return (long)command.ExecuteScalar()! == 1;
    }
}
