using Microsoft.Data.Sqlite;

namespace CsvIngest.Sqlite;

/// <summary>The broker's tables. The broker creates them itself, since a producer runs without migrations.</summary>
/// <remarks>
/// The delivery state of a message is kept apart from its body, so that taking a message does not write the body again. A lease is
/// kept per receiver, not per message: to renew it changes one row, however many deliveries there are.
/// </remarks>
internal static class BrokerTables
{
    private const string Create = """
        CREATE TABLE IF NOT EXISTS broker_messages (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            queue TEXT NOT NULL,
            body BLOB NOT NULL,
            content_type TEXT,
            urgent INTEGER NOT NULL DEFAULT 0,
            traceparent TEXT);
        CREATE INDEX IF NOT EXISTS broker_messages_in_order ON broker_messages (queue, urgent DESC, id);
        -- Only messages that have been delivered at least once. Without a receiver: delivered before, and free again.
        CREATE TABLE IF NOT EXISTS broker_deliveries (
            message_id INTEGER PRIMARY KEY,
            receiver TEXT,
            attempts INTEGER NOT NULL);
        -- A receiver whose time (Unix milliseconds) has passed is dead: the first other one to notice frees its deliveries.
        CREATE TABLE IF NOT EXISTS broker_receivers (
            receiver TEXT PRIMARY KEY NOT NULL,
            alive_until INTEGER NOT NULL,
            queue TEXT) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS broker_dead_letters (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            queue TEXT NOT NULL,
            body BLOB NOT NULL,
            content_type TEXT,
            reason TEXT NOT NULL,
            detail TEXT NOT NULL,
            dead_at INTEGER NOT NULL,
            traceparent TEXT);
        """;

    // For the tables of version 0.1.
    private const string AddUrgency = """
        ALTER TABLE broker_messages ADD COLUMN urgent INTEGER NOT NULL DEFAULT 0;
        DROP INDEX IF EXISTS broker_messages_by_queue;
        CREATE INDEX IF NOT EXISTS broker_messages_in_order ON broker_messages (queue, urgent DESC, id);
        """;

    private const string AddTraceParent = """
        ALTER TABLE broker_messages ADD COLUMN traceparent TEXT;
        ALTER TABLE broker_dead_letters ADD COLUMN traceparent TEXT;
        """;

    private const string AddQueueOfReceivers = "ALTER TABLE broker_receivers ADD COLUMN queue TEXT";

    // Fails where a table of this name has other columns.
    private const string Probe = """
        SELECT id, queue, body, content_type, urgent, traceparent FROM broker_messages WHERE 0;
        SELECT message_id, receiver, attempts FROM broker_deliveries WHERE 0;
        SELECT receiver, alive_until, queue FROM broker_receivers WHERE 0;
        SELECT id, queue, body, content_type, reason, detail, dead_at, traceparent FROM broker_dead_letters WHERE 0;
        """;

    /// <summary>What to do when the tables are not as expected.</summary>
    public const string NextStep = "Its broker_ tables do not belong to this program; use another file for the broker.";

    /// <summary>Opens a connection to a file that has the tables, and creates those that are missing.</summary>
    /// <exception cref="SqliteException">It cannot be opened, or has other tables of these names.</exception>
    public static SqliteConnection Open(SqliteFile file, bool durable)
    {
        var connection = file.Open(create: true, durable);
        try
        {
            if (!Exist(connection))
            {
                connection.Write(SqliteFile.LockTimeout, () => connection.Execute(Create));
            }
            else if (!KnowQueueOfReceivers(connection))
            {
                // The column that came last.
                connection.Write(SqliteFile.LockTimeout, () => AddColumns(connection));
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

    /// <summary>Whether the file has the tables. This only reads, so that it needs no write lock on a file in use.</summary>
    public static bool Exist(SqliteConnection connection) => IsTrue(
        connection,
        """
        SELECT count(*) = 4 FROM sqlite_master WHERE type = 'table' AND name IN
            ('broker_messages', 'broker_deliveries', 'broker_receivers', 'broker_dead_letters')
        """);

    /// <summary>Whether receivers name their queue. Those of an earlier version do not.</summary>
    public static bool KnowQueueOfReceivers(SqliteConnection connection) => HasColumn(connection, "broker_receivers", "queue");

    // Another process may have added them meanwhile.
    private static int AddColumns(SqliteConnection connection) =>
        (HasColumn(connection, "broker_messages", "urgent") ? 0 : connection.Execute(AddUrgency))
        + (HasColumn(connection, "broker_messages", "traceparent") ? 0 : connection.Execute(AddTraceParent))
        + (KnowQueueOfReceivers(connection) ? 0 : connection.Execute(AddQueueOfReceivers));

    private static bool HasColumn(SqliteConnection connection, string table, string name) =>
        IsTrue(connection, $"SELECT count(*) = 1 FROM pragma_table_info('{table}') WHERE name = '{name}'");

    private static bool IsTrue(SqliteConnection connection, string query)
    {
        using var command = connection.CreateCommand();
        command.CommandText = query;
        return (long)command.ExecuteScalar()! == 1;
    }
}
