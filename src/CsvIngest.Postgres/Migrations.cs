using CsvIngest.Datasets;
using CsvIngest.Store;
using Dapper;
using Npgsql;

namespace CsvIngest.Postgres;

/// <summary>Applies the SQL files of migrations/postgres in order, each once, and makes the tables of datasets.</summary>
internal static class Migrations
{
    /// <summary>
    /// Held while migrating, so that several processes may start at once: not even CREATE TABLE IF NOT EXISTS is safe from that.
    /// Any number will do that nobody else takes; these are the bytes of "csvingst".
    /// </summary>
    private const long LockKey = 0x637376696e677374;

    /// <summary>
    /// How long another process's migration is waited for, and how long a statement of ours may run. A guess: building an
    /// index over some 10 million rows.
    /// </summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(10);

    private static readonly IReadOnlyList<MigrationScript> Scripts = MigrationScript.LoadFrom(typeof(Migrations).Assembly);

    /// <summary>See <see cref="IStore.MigrateAsync"/>.</summary>
    public static async Task<IReadOnlyList<string>> ApplyAsync(
        NpgsqlConnection connection, IReadOnlyCollection<Dataset> datasets, CancellationToken cancellationToken)
    {
        await ExecuteAsync(connection, $"SELECT pg_advisory_lock({LockKey})", cancellationToken);
        try
        {
            var done = new List<string>();
            await ApplyScriptsAsync(connection, done, cancellationToken);
            foreach (var dataset in datasets)
            {
                if (!await DatasetTable.ExistsAsync(connection, dataset, cancellationToken))
                {
                    await ExecuteAsync(connection, Sql.CreateTable(dataset), cancellationToken);
                    done.Add($"created table \"{dataset.Table}\" for dataset {dataset.Name}");
                }
            }

            return done;
        }
        finally
        {
            // A broken connection has let go of the lock already.
            if (connection.State == System.Data.ConnectionState.Open)
            {
                await ExecuteAsync(connection, $"SELECT pg_advisory_unlock({LockKey})", CancellationToken.None);
            }
        }
    }

    /// <summary>Checks that all scripts are applied, unchanged.</summary>
    public static async Task CheckAsync(NpgsqlConnection connection, string address, CancellationToken cancellationToken)
    {
        var applied = await AppliedAsync(connection, cancellationToken);
        var missing = Scripts.Where(script => !IsApplied(script, applied)).Select(script => script.Name).ToList();
        if (missing.Count > 0)
        {
            throw new DeniedException(
                $"Database {address} lacks {string.Join(", ", missing)}. Run `consumer migrate` with the same --database.");
        }
    }

    private static async Task ApplyScriptsAsync(NpgsqlConnection connection, List<string> done, CancellationToken cancellationToken)
    {
        await ExecuteAsync(
            connection,
            """
            CREATE TABLE IF NOT EXISTS csvingest_migrations (
                name text PRIMARY KEY, hash text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())
            """,
            cancellationToken);
        var applied = await AppliedAsync(connection, cancellationToken);
        foreach (var script in Scripts)
        {
            if (IsApplied(script, applied))
            {
                continue;
            }

            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            await ExecuteAsync(connection, script.Sql, cancellationToken);
            await connection.ExecuteAsync(new CommandDefinition(
                "INSERT INTO csvingest_migrations (name, hash) VALUES (@Name, @Hash)", script, cancellationToken: cancellationToken));
            await transaction.CommitAsync(cancellationToken);
            done.Add($"applied {script.Name}");
        }
    }

    private static bool IsApplied(MigrationScript script, Dictionary<string, string> applied)
    {
        if (!applied.TryGetValue(script.Name, out var hash))
        {
            return false;
        }

        return hash == script.Hash
            ? true
            : throw new DeniedException(
                $"Migration {script.Name} was applied with hash {hash}, but this program has it with hash {script.Hash}. "
                + "An applied migration never changes: use the program version that the database was migrated with, or a later one.");
    }

    private static async Task<Dictionary<string, string>> AppliedAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var journal = await connection.ExecuteScalarAsync<bool>(new CommandDefinition(
            "SELECT to_regclass('csvingest_migrations') IS NOT NULL", cancellationToken: cancellationToken));
        return journal
            ? (await connection.QueryAsync<(string Name, string Hash)>(new CommandDefinition(
                "SELECT name, hash FROM csvingest_migrations", cancellationToken: cancellationToken)))
                .ToDictionary(row => row.Name, row => row.Hash, StringComparer.Ordinal)
            : [];
    }

    private static Task<int> ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(new CommandDefinition(
            sql, commandTimeout: (int)Timeout.TotalSeconds, cancellationToken: cancellationToken));
}
