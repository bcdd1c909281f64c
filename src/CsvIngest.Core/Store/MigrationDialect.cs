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

    /// <summary>Lists the names of the columns of the table or view <c>@table</c>, in order.</summary>
    public abstract string ListColumns { get; }

    /// <summary>Compares names of columns as the database does.</summary>
    public virtual StringComparer ColumnNames => StringComparer.Ordinal;

    /// <summary>Creates the table of a dataset.</summary>
    public abstract string CreateTable(Dataset dataset);

    /// <summary>Adds a column to the table of a dataset, without a value in the rows that are there.</summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="column">One of its <see cref="Dataset.TableColumns"/>, except the key.</param>
    public abstract string AddColumn(Dataset dataset, string column);

    /// <summary>Runs work in a transaction of its own: commits when it returns, rolls back when it throws.</summary>
    public abstract Task<T> InTransactionAsync<T>(DbConnection connection, Func<Task<T>> work, CancellationToken cancellationToken);
}
