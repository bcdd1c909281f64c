using CsvIngest.Testing;
using Microsoft.Data.Sqlite;

namespace CsvIngest.Tests;

/// <summary>The SQLite file that the programs use without a server.</summary>
internal static class EmbeddedDatabase
{
    /// <summary>Executes a statement in the file of a folder.</summary>
    /// <returns>The first column of its first row; null without one.</returns>
    public static object? Execute(WorkFolder folder, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={folder["csvingest.db"]};Pooling=false");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }
}
