using CsvIngest.Postgres;
using CsvIngest.ServerTests.Servers;
using Npgsql;
using Xunit;

[assembly: AssemblyFixture(typeof(DatabaseServer))]

namespace CsvIngest.ServerTests.Servers;

/// <summary>
/// The PostgreSQL server that all tests of a run share, started when the first test asks for it. Tests that break their server
/// start a <see cref="PostgresInstance"/> of their own.
/// </summary>
public sealed class DatabaseServer : IAsyncDisposable
{
    // No test stops this server, so nothing depends on what would be on its disk.
    private readonly SharedInstance<PostgresInstance> _server = new(() => PostgresInstance.Create("fsync=off"));

    /// <summary>Makes an empty database. Returns its address, <c>postgres://user:password@host:port/database</c>.</summary>
    public async Task<string> CreateDatabaseAsync()
    {
        var name = $"csvingest_test_{Guid.NewGuid():N}";
        var server = await AddressAsync();
        await ExecuteAsync(server, $"CREATE DATABASE {name}");
        return ToUrl(new NpgsqlConnectionStringBuilder(PostgresAddress.ToConnectionString(server)) { Database = name });
    }

    /// <summary>
    /// Removes a database that <see cref="CreateDatabaseAsync"/> made, whoever is connected to it. On a server that the tests started
    /// it stays until that server is removed: to drop one waits for a checkpoint.
    /// </summary>
    public async Task DropDatabaseAsync(string address)
    {
        if (_server.Instance is not null)
        {
            return;
        }

        var name = new NpgsqlConnectionStringBuilder(PostgresAddress.ToConnectionString(address)).Database;
        await ExecuteAsync(await AddressAsync(), $"DROP DATABASE IF EXISTS {name} WITH (FORCE)");
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task<string> AddressAsync() => Environment.GetEnvironmentVariable("CSVINGEST_TEST_DATABASE") is { Length: > 0 } given
        ? given
        : (await _server.StartedAsync()).AddressOf("postgres");

    private static async Task ExecuteAsync(string address, string sql)
    {
        await using var source = NpgsqlDataSource.Create(PostgresAddress.ToConnectionString(address) + ";Pooling=false");
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    // The programs get the form of address that people write.
    private static string ToUrl(NpgsqlConnectionStringBuilder builder) =>
        $"postgres://{Uri.EscapeDataString(builder.Username ?? "")}:{Uri.EscapeDataString(builder.Password ?? "")}"
        + $"@{builder.Host}:{builder.Port}/{builder.Database}";
}
