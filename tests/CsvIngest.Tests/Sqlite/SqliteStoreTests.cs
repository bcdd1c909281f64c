using System.Globalization;
using CsvIngest.Contracts;
using CsvIngest.Sqlite;
using CsvIngest.Store;
using CsvIngest.Values;
using Microsoft.Extensions.Logging;

namespace CsvIngest.Tests.Sqlite;

public sealed class SqliteStoreTests(SqliteStoreFixture fixture) : StoreContract<SqliteStoreFixture>(fixture);

/// <summary>A database is a file.</summary>
public sealed class SqliteStoreFixture : StoreFixture
{
    public override Task<StoreDatabase> CreateDatabaseAsync() => Task.FromResult<StoreDatabase>(new SqliteDatabase());

    public override string CanonicalText(string quotedColumn, ColumnType type) => type switch
    {
        ColumnType.Boolean => $"CASE {quotedColumn} WHEN 1 THEN 'true' WHEN 0 THEN 'false' END",
        _ => quotedColumn,
    };

    private sealed class SqliteDatabase : StoreDatabase
    {
        private readonly TemporaryFolder _folder = new();

        private string Path => _folder.File("store.db");

        public override IStore OpenStore(ILogger logger) => new SqliteStore(Path, logger);

        public override Task ExecuteAsync(string sql) => Task.Run(() =>
        {
            using var connection = new SqliteFile(Path).Open(create: true);
            connection.Execute(sql);
        });

        public override Task<IReadOnlyList<string?[]>> QueryAsync(string sql) => Task.Run<IReadOnlyList<string?[]>>(() =>
        {
            using var connection = new SqliteFile(Path).Open(create: false);
            using var command = connection.CreateCommand();
            command.CommandText = sql;
            using var reader = command.ExecuteReader();
            var rows = new List<string?[]>();
            while (reader.Read())
            {
                rows.Add([.. Enumerable.Range(0, reader.FieldCount).Select(i =>
                    reader.IsDBNull(i) ? null : Convert.ToString(reader.GetValue(i), CultureInfo.InvariantCulture))]);
            }

            return rows;
        });

        public override ValueTask DisposeAsync()
        {
            _folder.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
