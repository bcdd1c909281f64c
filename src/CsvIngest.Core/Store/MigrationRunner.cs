using System.Data;
using System.Data.Common;
using CsvIngest.Datasets;

namespace CsvIngest.Store;

/// <summary>
/// Brings a database up to date, and checks that it is. Migrations run forward only, in the order of their names, each once,
/// each in one transaction together with its journal entry.
/// </summary>
/// <param name="connection">An open connection.</param>
/// <param name="dialect">The kind of database.</param>
/// <param name="scripts">The migrations, in order.</param>
public sealed class MigrationRunner(DbConnection connection, MigrationDialect dialect, IReadOnlyList<MigrationScript> scripts)
{
    /// <summary>The table that holds the name and hash of every applied migration.</summary>
    public const string Journal = "csvingest_migrations";

    /// <summary>
    /// How long a statement may run, waiting for another process's migration included. A guess: building an index over some
    /// 10 million rows.
    /// </summary>
    private static readonly TimeSpan StatementTimeout = TimeSpan.FromMinutes(10);

    /// <summary>Applies the migrations that are missing and creates the tables that datasets lack.</summary>
    /// <exception cref="DeniedException">An applied migration has changed since.</exception>
    public Task<IReadOnlyList<MigrationStep>> ApplyAsync(IEnumerable<Dataset> datasets, CancellationToken cancellationToken) =>
        LockedAsync(() => ApplyLockedAsync(datasets, cancellationToken), cancellationToken);

    /// <summary>Adds the columns that the existing tables of datasets lack. A table without its key is another table: it is left alone.</summary>
    public Task<IReadOnlyList<MigrationStep>> AddColumnsAsync(IEnumerable<Dataset> datasets, CancellationToken cancellationToken) =>
        LockedAsync(
            async () =>
            {
                var steps = new List<MigrationStep>();
                foreach (var dataset in datasets)
                {
                    steps.AddRange(await dialect.InTransactionAsync(
                        connection, () => AddColumnsAsync(dataset, cancellationToken), cancellationToken));
                }

                return steps;
            },
            cancellationToken);

    /// <summary>Checks that all migrations are applied, unchanged, and that the tables of datasets fit.</summary>
    /// <param name="datasets">The datasets.</param>
    /// <param name="checkTable">Checks the table of one of them, and throws a <see cref="DeniedException"/> if it does not fit.</param>
    /// <param name="cancellationToken">Ends the check.</param>
    /// <exception cref="DeniedException">Names what is missing or has changed, and everything that is wrong with any table.</exception>
    public async Task CheckAsync(IEnumerable<Dataset> datasets, Func<Dataset, Task> checkTable, CancellationToken cancellationToken)
    {
        await CheckMigrationsAsync(cancellationToken);
        var denials = new List<DeniedException>();
        foreach (var dataset in datasets)
        {
            try
            {
                await checkTable(dataset);
            }
            catch (DeniedException denial)
            {
                denials.Add(denial);
            }
        }

        if (denials.Count > 0)
        {
            throw new DeniedException(string.Join('\n', denials.Select(FailureReason.InFull)), denials[0]);
        }
    }

    /// <summary>Whether there is a table or view of this name.</summary>
    public async Task<bool> TableExistsAsync(string table, CancellationToken cancellationToken)
    {
        await using var command = Command(dialect.CountTables, ("@table", table));
        return (long)(await command.ExecuteScalarAsync(cancellationToken))! > 0;
    }

    /// <summary>The names of the columns of a table, in order.</summary>
    public async Task<IReadOnlyList<string>> ReadColumnsAsync(string table, CancellationToken cancellationToken)
    {
        var columns = new List<string>();
        await using var command = Command(dialect.ListColumns, ("@table", table));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            columns.Add(reader.GetString(0));
        }

        return columns;
    }

    /// <summary>The columns that the table of a dataset needs and does not have.</summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="found">The columns that the table has.</param>
    public IReadOnlyList<string> MissingColumns(Dataset dataset, IEnumerable<string> found) =>
        [.. dataset.TableColumns.Except(found, dialect.ColumnNames)];

    private async Task CheckMigrationsAsync(CancellationToken cancellationToken)
    {
        var applied = await TableExistsAsync(Journal, cancellationToken) ? await ReadJournalAsync(cancellationToken) : [];
        var missing = scripts.Where(script => !IsApplied(script, applied)).Select(script => script.Name).ToList();
        if (missing.Count > 0)
        {
            throw new DeniedException(
                $"{dialect.Database} lacks migration{(missing.Count == 1 ? "" : "s")} {string.Join(", ", missing)}. {dialect.NextStep}");
        }
    }

    private async Task<IReadOnlyList<MigrationStep>> LockedAsync(
        Func<Task<List<MigrationStep>>> work, CancellationToken cancellationToken)
    {
        await ExecuteAsync(dialect.Lock, cancellationToken);
        try
        {
            return await work();
        }
        finally
        {
            // A broken connection has released the lock already.
            if (connection.State == ConnectionState.Open)
            {
                await ExecuteAsync(dialect.Unlock, CancellationToken.None);
            }
        }
    }

    private async Task<List<MigrationStep>> AddColumnsAsync(Dataset dataset, CancellationToken cancellationToken)
    {
        var found = await ReadColumnsAsync(dataset.Table, cancellationToken);
        var missing = MissingColumns(dataset, found);
        var steps = new List<MigrationStep>();
        if (found.Count > 0 && !missing.Contains(dataset.Key))
        {
            foreach (var column in missing)
            {
                await ExecuteAsync(dialect.AddColumn(dataset, column), cancellationToken);
                steps.Add(new MigrationStep(MigrationStepKind.ColumnAdded, dataset.Table, dataset.Name, column));
            }
        }

        return steps;
    }

    private async Task<List<MigrationStep>> ApplyLockedAsync(IEnumerable<Dataset> datasets, CancellationToken cancellationToken)
    {
        await dialect.InTransactionAsync(connection, () => ExecuteAsync(dialect.CreateJournal, cancellationToken), cancellationToken);
        var steps = new List<MigrationStep>();
        foreach (var script in scripts)
        {
            if (await InTransactionAsync(() => ApplyUnlessAppliedAsync(script, cancellationToken), cancellationToken))
            {
                steps.Add(new MigrationStep(MigrationStepKind.MigrationApplied, script.Name));
            }
        }

        foreach (var dataset in datasets)
        {
            if (await InTransactionAsync(() => CreateUnlessThereAsync(dataset, cancellationToken), cancellationToken))
            {
                steps.Add(new MigrationStep(MigrationStepKind.TableCreated, dataset.Table, dataset.Name));
            }
        }

        return steps;
    }

    private Task<bool> InTransactionAsync(Func<Task<bool>> work, CancellationToken cancellationToken) =>
        dialect.InTransactionAsync(connection, work, cancellationToken);

    // Within the transaction, since another process may have applied it while this one waited.
    private async Task<bool> ApplyUnlessAppliedAsync(MigrationScript script, CancellationToken cancellationToken)
    {
        if (IsApplied(script, await ReadJournalAsync(cancellationToken)))
        {
            return false;
        }

        await ExecuteAsync(script.Sql, cancellationToken);
        await ExecuteAsync(dialect.AddToJournal, cancellationToken, ("@name", script.Name), ("@hash", script.Hash));
        return true;
    }

    private async Task<bool> CreateUnlessThereAsync(Dataset dataset, CancellationToken cancellationToken)
    {
        if (await TableExistsAsync(dataset.Table, cancellationToken))
        {
            return false;
        }

        await ExecuteAsync(dialect.CreateTable(dataset), cancellationToken);
        return true;
    }

    private bool IsApplied(MigrationScript script, Dictionary<string, string> applied)
    {
        if (!applied.TryGetValue(script.Name, out var hash))
        {
            return false;
        }

        return hash == script.Hash
            ? true
            : throw new DeniedException(
                $"{dialect.Database} has migration {script.Name} with hash {hash}, but this program has it with hash {script.Hash}. "
                + "An applied migration never changes: use the program version that applied it, or a later one.");
    }

    private async Task<Dictionary<string, string>> ReadJournalAsync(CancellationToken cancellationToken)
    {
        var applied = new Dictionary<string, string>(StringComparer.Ordinal);
        await using var command = Command($"SELECT name, hash FROM {Journal}");
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            applied.Add(reader.GetString(0), reader.GetString(1));
        }

        return applied;
    }

    private async Task<int> ExecuteAsync(
        string? sql, CancellationToken cancellationToken, params IReadOnlyList<(string Name, string Value)> parameters)
    {
        if (sql is null)
        {
            return 0;
        }

        await using var command = Command(sql, parameters);
        command.CommandTimeout = (int)StatementTimeout.TotalSeconds;
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private DbCommand Command(string sql, params IReadOnlyList<(string Name, string Value)> parameters)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in parameters)
        {
            var parameter = command.CreateParameter();
            (parameter.ParameterName, parameter.Value) = (name, value);
            command.Parameters.Add(parameter);
        }

        return command;
    }
}
