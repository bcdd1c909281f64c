using System.Diagnostics;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace CsvIngest.Sqlite;

/// <summary>How connections to one database file are opened and how they write.</summary>
internal sealed class SqliteFile(string path)
{
    /// <summary>
    /// How long a writer waits for another one before the attempt fails as transient. 5 s, a guess: a transaction here
    /// takes milliseconds, so this is reached only when another program sits on the file.
    /// </summary>
    public static readonly TimeSpan LockTimeout = TimeSpan.FromSeconds(5);

    public string Path { get; } = System.IO.Path.GetFullPath(path);

    /// <summary>As the address is written, for people.</summary>
    public string DisplayAddress => $"sqlite:{path}";

    public bool Exists => File.Exists(Path);

    /// <summary>Opens a connection of its own; not pooled, so that disposing of it closes the file.</summary>
    /// <param name="create">Whether to make the file when it is not there.</param>
    /// <param name="durable">
    /// Whether a commit is on disk when it returns. Without it a commit still survives the end of any process, and the file
    /// stays whole; a power failure may undo the latest ones.
    /// </param>
    /// <exception cref="SqliteException">It cannot be opened.</exception>
    public SqliteConnection Open(bool create, bool durable = true)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = Path,
            Mode = create ? SqliteOpenMode.ReadWriteCreate : SqliteOpenMode.ReadWrite,
            Pooling = false,
            DefaultTimeout = (int)LockTimeout.TotalSeconds,
        }.ToString());
        try
        {
            connection.Open();
            // A cache of 32 MB keeps the upper levels of a large key index in memory; the default is 2 MB. Random keys touch
            // most of an index in each transaction: moving pages from the log to the file after 40 MB and not after 4 wrote
            // a quarter less (system time of 500,000 rows).
            connection.Execute($"""
                PRAGMA journal_mode = WAL;
                PRAGMA synchronous = {(durable ? "FULL" : "NORMAL")};
                PRAGMA cache_size = -32768;
                PRAGMA wal_autocheckpoint = 10000;
                """);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }
}

/// <summary>Statements without results, and write transactions.</summary>
internal static class SqliteConnectionExtensions
{
    public static int Execute(this SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteNonQuery();
    }

    /// <summary>A command that will run often, with its parameters in the order of their names.</summary>
    public static SqliteCommand Prepare(this SqliteConnection connection, string sql, params ReadOnlySpan<string> parameters)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var name in parameters)
        {
            command.Parameters.Add(new SqliteParameter { ParameterName = name, Value = DBNull.Value });
        }

        command.Prepare();
        return command;
    }

    /// <summary>Sets the parameters in order; null becomes SQL's.</summary>
    public static SqliteCommand With(this SqliteCommand command, params ReadOnlySpan<object?> values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            command.Parameters[i].Value = values[i] ?? DBNull.Value;
        }

        return command;
    }

    /// <summary>Runs work in one transaction that holds the write lock from the start; rolls back when it throws.</summary>
    /// <exception cref="SqliteException">Also when another writer held the lock for the whole patience: busy.</exception>
    public static T Write<T>(this SqliteConnection connection, TimeSpan patience, Func<T> work)
    {
        Begin(connection, patience);
        try
        {
            var result = work();
            connection.Execute("COMMIT");
            return result;
        }
        catch
        {
            // After some errors (disk full, input/output) SQLite has rolled back by itself.
            if (raw.sqlite3_get_autocommit(connection.Handle) == 0)
            {
                connection.Execute("ROLLBACK");
            }

            throw;
        }
    }

    // Not the driver's BeginTransaction: that one looks again only every 150 ms, and a lock that is free for a
    // millisecond at a time is then hardly ever caught.
    private static void Begin(SqliteConnection connection, TimeSpan patience)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            var code = raw.sqlite3_exec(connection.Handle, "BEGIN IMMEDIATE");
            if (code != raw.SQLITE_BUSY || Stopwatch.GetElapsedTime(started) >= patience)
            {
                SqliteException.ThrowExceptionForRC(code, connection.Handle);
                return;
            }

            Thread.Sleep(1);
        }
    }
}
