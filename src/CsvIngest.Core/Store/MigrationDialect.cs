using System.Data.Common;
using CsvIngest.Datasets;

namespace CsvIngest.Store;

/// <summary>What <see cref="MigrationRunner"/> needs to know about a kind of database.</summary>
public abstract class MigrationDialect
{
    /// <summary>The database as a message names it at its start, such as <c>Database people at db.example.com</c>.</summary>
    public abstract string Database { get; }

    /// <summary>A sentence that says how to apply missing migrations.</summary>
    public abstract string NextStep { get; }

    /// <summary>
    /// Takes the lock under which all migrating happens, so that several processes may migrate at once; null where a
    /// transaction alone ensures that.
    /// </summary>
    public virtual string? Lock => null;

    /// <summary>Releases <see cref="Lock"/>.</summary>
    public virtual string? Unlock => null;

    /// <summary>Creates the table <see cref="MigrationRunner.Journal"/>, with at least a name and a hash, unless it exists.</summary>
    public abstract string CreateJournal { get; }

    /// <summary>Adds an entry to the journal. Its parameters are <c>@name</c> and <c>@hash</c>.</summary>
    public abstract string AddToJournal { get; }

    /// <summary>Counts the tables and views named <c>@table</c>.</summary>
    public abstract string CountTables { get; }

    /// <summary>Creates the table of a dataset.</summary>
    public abstract string CreateTable(Dataset dataset);

    /// <summary>Runs work in a transaction of its own: commits when it returns, rolls back when it throws.</summary>
    public abstract Task<T> InTransactionAsync<T>(DbConnection connection, Func<Task<T>> work, CancellationToken cancellationToken);
}
