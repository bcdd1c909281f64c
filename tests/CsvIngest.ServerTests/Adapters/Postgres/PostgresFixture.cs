using System.Globalization;
using CsvIngest.Contracts;
using CsvIngest.Postgres;
using CsvIngest.ServerTests.Servers;
using CsvIngest.Settings;
using CsvIngest.Store;
using CsvIngest.Values;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace CsvIngest.ServerTests.Adapters;

/// <summary>Creates databases on the server that all tests share.</summary>
public class PostgresFixture(DatabaseServer server) : StoreFixture
{
    /// <summary>When rows go in by COPY.</summary>
    private protected virtual CopyOptions Copy => new() { MinRows = int.MaxValue };

    public override async Task<StoreDatabase> CreateDatabaseAsync() =>
        new PostgresDatabase(await server.CreateDatabaseAsync(), server, Copy);

    public override string CanonicalText(string quotedColumn, ColumnType type) => type switch
    {
        ColumnType.Timestamp => $"""to_char({quotedColumn} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')""",
        _ => $"{quotedColumn}::text",
    };
}

/// <summary>A database on a <see cref="DatabaseServer"/>, and a plain client beside the store under test.</summary>
/// <param name="address">The address of the database.</param>
/// <param name="server">The server that drops the database at the end; null to keep it.</param>
/// <param name="copy">When rows go in by COPY. Defaults to what programs do.</param>
internal sealed class PostgresDatabase(string address, DatabaseServer? server, CopyOptions? copy = null) : StoreDatabase
{
    private readonly NpgsqlDataSource _source =
        NpgsqlDataSource.Create(PostgresAddress.ToConnectionString(address) + ";Pooling=false");

    public string Address => address;

    public override IStore OpenStore(ILogger logger) => new PostgresStore(new ConfiguredAddress(address), logger, copy ?? new CopyOptions());

    public override async Task ExecuteAsync(string sql)
    {
        await using var command = _source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    public override async Task<IReadOnlyList<string?[]>> QueryAsync(string sql)
    {
        await using var command = _source.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<string?[]>();
        while (await reader.ReadAsync())
        {
            var row = new string?[reader.FieldCount];
            for (var i = 0; i < row.Length; i++)
            {
                row[i] = reader.IsDBNull(i) ? null : Convert.ToString(reader.GetValue(i), CultureInfo.InvariantCulture);
            }

            rows.Add(row);
        }

        return rows;
    }

    public override async ValueTask DisposeAsync()
    {
        await _source.DisposeAsync();
        if (server is not null)
        {
            await server.DropDatabaseAsync(address);
        }
    }
}
