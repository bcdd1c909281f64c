using CsvIngest.Datasets;
using CsvIngest.Store;
using Microsoft.Data.Sqlite;

namespace CsvIngest.Sqlite;

/// <summary>Inserts rows of one dataset on one connection, a prepared statement a row.</summary>
/// <remarks>
/// A statement that fails undoes itself alone, so a refused row needs neither a savepoint nor halving here: the others of the
/// transaction stay.
/// </remarks>
internal sealed class RowInserter : IDisposable
{
    private readonly SqliteCommand _insert;
    private readonly bool[] _isBoolean;
    private readonly bool _keepsExtra;

    /// <exception cref="SqliteException">The table is not there, or not as the dataset says.</exception>
    public RowInserter(SqliteConnection connection, Dataset dataset)
    {
        var parameters = Enumerable.Range(0, DatasetTable.ColumnNames(dataset).Count).Select(i => $"${i}").ToArray();
        _insert = connection.Prepare(DatasetTable.Insert(dataset), parameters);
        _isBoolean = [.. dataset.Columns.Select(column => column.Type == ColumnType.Boolean)];
        _keepsExtra = dataset.ExtraColumns is not null;
    }

    /// <summary>Inserts a row.</summary>
    /// <returns>Whether it is in the table now; false when its key was there.</returns>
    /// <exception cref="SqliteException">Among others when the database refuses the row.</exception>
    public bool Insert(Row row, string importId)
    {
        var parameters = _insert.Parameters;
        var next = 0;
        foreach (var value in row.Values)
        {
            parameters[next].Value = Stored(value, _isBoolean[next]);
            next++;
        }

        if (_keepsExtra)
        {
            parameters[next++].Value = Stored(row.Extra, isBoolean: false);
        }

        parameters[next++].Value = importId;
        parameters[next].Value = row.Line;
        return _insert.ExecuteNonQuery() == 1;
    }

    public void Dispose() => _insert.Dispose();

    // Anything else than the canonical forms goes in as it is, for the table's check to refuse.
    private static object Stored(string? value, bool isBoolean) => value switch
    {
        null => DBNull.Value,
        "true" when isBoolean => 1L,
        "false" when isBoolean => 0L,
        _ => value,
    };
}
