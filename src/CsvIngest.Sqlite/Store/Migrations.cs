using CsvIngest.Datasets;
using CsvIngest.Store;
using Dapper;
using Microsoft.Data.Sqlite;

namespace CsvIngest.Sqlite;

/// <summary>
/// Brings a database file up to date and checks that it is. Migrations run forward only, in the order of their names.
/// </summary>
internal sealed class Migrations(SqliteFile file)
{
    private const string NextStep = "Run `consumer migrate`.";

    private static readonly IReadOnlyList<MigrationScript> Scripts = MigrationScript.LoadFrom(typeof(Migrations).Assembly);

    /// <summary>Applies what is missing: each script, and each dataset's table, in a transaction of its own.</summary>
    /// <returns>What was done, a line each.</returns>
    public IReadOnlyList<string> Apply(SqliteConnection connection, IEnumerable<Dataset> datasets)
    {
        Locked(connection, () => connection.Execute(
            """
            CREATE TABLE IF NOT EXISTS csvingest_migrations (
                name TEXT NOT NULL PRIMARY KEY, hash TEXT NOT NULL, applied_at TEXT NOT NULL)
            """));
        var done = new List<string>();
        foreach (var script in Scripts)
        {
            if (Locked(connection, () => ApplyUnlessDone(connection, script)))
            {
                done.Add($"Applied migration {script.Name}.");
            }
        }

        foreach (var dataset in datasets)
        {
            if (Locked(connection, () => CreateUnlessThere(connection, dataset)))
            {
                done.Add($"Made table {dataset.Table} for dataset {dataset.Name}.");
            }
        }

        return done;
    }

    /// <summary>Checks that all of it is there.</summary>
    /// <exception cref="DeniedException">Something is missing: the message names it.</exception>
    public void Check(SqliteConnection connection, IEnumerable<Dataset> datasets)
    {
        var applied = Exists(connection, "csvingest_migrations") ? Journal(connection) : [];
        foreach (var script in Scripts)
        {
            if (!applied.TryGetValue(script.Name, out var hash))
            {
                throw new DeniedException($"SQLite file {file.Path} lacks migration {script.Name}. {NextStep}");
            }

            EnsureUnchanged(script, hash);
        }

        foreach (var dataset in datasets)
        {
            Check(connection, dataset);
        }
    }

    // The write lock is what makes this safe against others who migrate at the same time: each looks again once it has it.
    private static T Locked<T>(SqliteConnection connection, Func<T> work) => connection.Write(SqliteFile.LockTimeout, work);

    private static Dictionary<string, string> Journal(SqliteConnection connection) =>
        connection.Query<(string Name, string Hash)>("SELECT name, hash FROM csvingest_migrations")
            .ToDictionary(entry => entry.Name, entry => entry.Hash);

    private static bool Exists(SqliteConnection connection, string table) => connection.ExecuteScalar<bool>(
        "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type IN ('table', 'view') AND lower(name) = lower(@table))", new { table });

    private static bool CreateUnlessThere(SqliteConnection connection, Dataset dataset)
    {
        if (Exists(connection, dataset.Table))
        {
            return false;
        }

        connection.Execute(DatasetTable.Create(dataset));
        return true;
    }

    private bool ApplyUnlessDone(SqliteConnection connection, MigrationScript script)
    {
        if (Journal(connection).TryGetValue(script.Name, out var hash))
        {
            EnsureUnchanged(script, hash);
            return false;
        }

        connection.Execute(script.Sql);
        connection.Execute(
            "INSERT INTO csvingest_migrations (name, hash, applied_at) VALUES (@Name, @Hash, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))",
            new { script.Name, script.Hash });
        return true;
    }

    private void EnsureUnchanged(MigrationScript script, string appliedHash)
    {
        if (appliedHash != script.Hash)
        {
            throw new DeniedException(
                $"Migration {script.Name} was applied to SQLite file {file.Path} with other contents "
                + $"(applied {appliedHash}, this program has {script.Hash}). "
                + "Use the program version that applied it, or one whose migrations follow it.");
        }
    }

    private void Check(SqliteConnection connection, Dataset dataset)
    {
        if (!Exists(connection, dataset.Table))
        {
            throw new DeniedException(
                $"SQLite file {file.Path} has no table {dataset.Table}, where dataset {dataset.Name} goes. {NextStep}");
        }

        var present = connection.Query<string>("SELECT name FROM pragma_table_info(@table)", new { table = dataset.Table })
            .ToHashSet(StringComparer.OrdinalIgnoreCase);
        var missing = DatasetTable.ColumnNames(dataset).Where(name => !present.Contains(name)).ToList();
        if (missing.Count > 0)
        {
            throw new DeniedException(
                $"Table {dataset.Table} in SQLite file {file.Path} lacks columns of dataset {dataset.Name}: "
                + $"{string.Join(", ", missing)}. "
                + "Add them, or name another table in the dataset: `consumer migrate` makes tables and does not change them.");
        }

        EnsureInsertable(connection, dataset);
    }

    // Only SQLite knows whether an index serves ON CONFLICT (its columns, collation, condition): ask it.
    private void EnsureInsertable(SqliteConnection connection, Dataset dataset)
    {
        try
        {
            using var inserter = new RowInserter(connection, dataset);
        }
        catch (SqliteException failure) when (!failure.IsTransientFailure())
        {
            throw new DeniedException(
                $"Table {dataset.Table} in SQLite file {file.Path} cannot take dataset {dataset.Name}: "
                + $"it needs a plain unique index on column {dataset.Key}, whole and not partial. SQLite says: {failure.Message} "
                + "Add the index, or name another table in the dataset.",
                failure);
        }
    }
}
