using CsvIngest.Postgres;
using Npgsql;

namespace CsvIngest.ServerTests.Servers;

/// <summary>A PostgreSQL server of a test's own. It stops in the mode "fast", which disconnects everybody.</summary>
public abstract class PostgresInstance : ServerInstance
{
    /// <summary>The password of the superuser, with every kind of character that an address must encode.</summary>
    protected const string Password = "p@ss:w/rd%20?";

    /// <summary>The host and port, such as <c>127.0.0.1:5432</c>.</summary>
    public abstract string Endpoint { get; }

    /// <summary>
    /// An instance that is not started yet: in a container where <see cref="Containers"/> can be had, a process of this
    /// machine's own PostgreSQL otherwise.
    /// </summary>
    /// <param name="settings">Server settings, such as <c>max_connections=20</c>.</param>
    /// <exception cref="InvalidOperationException">There is no server to be had; says what to do.</exception>
    public static PostgresInstance Create(params string[] settings) =>
        Containers.AreUsed ? new ContainerPostgres(settings) : new PrivatePostgres(settings);

    /// <summary>The address of a database on it: <c>postgres://user:password@host:port/database</c>.</summary>
    /// <param name="database">The database <c>postgres</c> is always there.</param>
    public string AddressOf(string database) => $"postgres://postgres:{Uri.EscapeDataString(Password)}@{Endpoint}/{database}";

    /// <summary>Has the server execute SQL that returns one value, as the superuser.</summary>
    /// <returns>The value; null if there is none.</returns>
    public async Task<object?> ExecuteAsync(string sql)
    {
        await using var source = CreateSource();
        await using var command = source.CreateCommand(sql);
        return await command.ExecuteScalarAsync();
    }

    protected override async Task ConnectAsync(CancellationToken cancellationToken)
    {
        await using var source = CreateSource();
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
    }

    private NpgsqlDataSource CreateSource() =>
        NpgsqlDataSource.Create(PostgresAddress.ToConnectionString(AddressOf("postgres")) + ";Pooling=false");
}
