using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace CsvIngest.Sqlite;

/// <summary>Opens connections to one database file.</summary>
internal sealed class SqliteFile(string path)
{
    /// <summary>
    /// How long a writer waits for another one before the attempt fails as transient. 5 s, a guess: a transaction here
    /// takes milliseconds, so only another program that holds its lock for long exceeds it.
    /// </summary>
    public static readonly TimeSpan LockTimeout = TimeSpan.FromSeconds(5);

    public string Path { get; } = System.IO.Path.GetFullPath(path);

    /// <summary>The address, to be shown to people.</summary>
    public string DisplayAddress => $"sqlite:{path}";

    public bool Exists => File.Exists(Path);

    /// <summary>Opens a connection. It is not pooled, so that disposing it closes the file.</summary>
    /// <param name="create">Whether to create the file when it does not exist.</param>
    /// <param name="durable">
    /// Whether a commit is on disk when it returns. If not, commits survive the end of any process and the file stays
    /// consistent, but a power failure may undo the latest ones.
    /// </param>
    /// <exception cref="SqliteException">The file cannot be opened.</exception>
    public SqliteConnection Open(bool create, bool durable = true)
    {
        if (create)
        {
            CreatePrivate();
        }

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
            // most of an index in each transaction: a checkpoint every 40 MB instead of every 4 MB wrote a quarter less
            // (measured, system time of 500,000 rows).
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

    /// <summary>
    /// Creates the file so that only its owner can read it, as it contains other people's data. SQLite gives its <c>-wal</c> and
    /// <c>-shm</c> files the same mode. An existing file keeps its mode, and is not opened: closing it would release SQLite's locks.
    /// </summary>
    private void CreatePrivate()
    {
        if (OperatingSystem.IsWindows() || Exists)
        {
            return;
        }

        try
        {
            new FileStream(Path, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            }).Dispose();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Another process has just created it, or nobody can, which opening it reports.
        }
    }
}

/// <summary>Statements and write transactions.</summary>
internal static class SqliteConnectionExtensions
{
    /// <summary>Executes statements and returns the number of rows changed.</summary>
    public static int Execute(this SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteNonQuery();
    }

    /// <summary>Prepares a statement that runs often, with its parameters in the order of their names.</summary>
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

    /// <summary>Sets the parameters in order; null becomes NULL.</summary>
    public static SqliteCommand With(this SqliteCommand command, params ReadOnlySpan<object?> values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            command.Parameters[i].Value = values[i] ?? DBNull.Value;
        }

        return command;
    }

    /// <summary>Runs work that only reads in one transaction, so that it sees one state of the file.</summary>
    /// <exception cref="SqliteException">The file cannot be read now.</exception>
    public static T ReadSnapshot<T>(this SqliteConnection connection, Func<T> read)
    {
        connection.Execute("BEGIN");
        try
        {
            return read();
        }
        finally
        {
            connection.RollBack();
        }
    }

    /// <summary>Runs work in a transaction that holds the write lock from the start; rolls back when it throws.</summary>
    /// <exception cref="SqliteException">Among others when another writer held the lock for the whole timeout: busy.</exception>
    public static T Write<T>(this SqliteConnection connection, TimeSpan timeout, Func<T> work)
    {
        connection.Begin(timeout);
        try
        {
            var result = work();
            connection.Execute("COMMIT");
            return result;
        }
        catch
        {
            connection.RollBack();
            throw;
        }
    }

    /// <summary>As <see cref="Write"/>, for work that awaits.</summary>
    public static async Task<T> WriteAsync<T>(this SqliteConnection connection, TimeSpan timeout, Func<Task<T>> work)
    {
        connection.Begin(timeout);
        try
        {
            var result = await work();
            connection.Execute("COMMIT");
            return result;
        }
        catch
        {
            connection.RollBack();
            throw;
        }
    }

    /// <summary>Whether the path of the connection's file leads to another file by now, or to none: what is written would be lost.</summary>
    public static bool IsFileGone(this SqliteConnection connection)
    {
        const int HasMoved = 20;
        var hasMoved = 0;
        // Windows does not support it: an open file keeps its name there.
        _ = sqlite3_file_control(connection.Handle!, database: 0, HasMoved, ref hasMoved);
        return hasMoved != 0;
    }

    // The driver's BeginTransaction tries only every 150 ms, and so hardly ever gets a lock that is free for a millisecond at a time.
    private static void Begin(this SqliteConnection connection, TimeSpan timeout)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            var code = raw.sqlite3_exec(connection.Handle, "BEGIN IMMEDIATE");
            if (code != raw.SQLITE_BUSY || Stopwatch.GetElapsedTime(started) >= timeout)
            {
                SqliteException.ThrowExceptionForRC(code, connection.Handle);
                return;
            }

            Thread.Sleep(1);
        }
    }

    // After some errors (disk full, input/output) SQLite has rolled back by itself.
    private static void RollBack(this SqliteConnection connection)
    {
        if (raw.sqlite3_get_autocommit(connection.Handle) == 0)
        {
            connection.Execute("ROLLBACK");
        }
    }

    // Neither the driver nor its native layer offers it.
    [DllImport("e_sqlite3", CallingConvention = CallingConvention.Cdecl)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory)]
    private static extern int sqlite3_file_control(sqlite3 connection, nint database, int operation, ref int result);
}
