using System.Text;
using CsvIngest.Postgres;
using CsvIngest.ServerTests.Servers;
using CsvIngest.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Xunit;

[assembly: AssemblyFixture(typeof(TlsServers))]

namespace CsvIngest.ServerTests.Servers;

/// <summary>
/// A RabbitMQ and a PostgreSQL server with certificates of the tests' own, started when the first test asks for them. The certificates are for
/// <c>localhost</c>, and not for <c>127.0.0.1</c>, under which both servers can be reached, too.
/// </summary>
public sealed class TlsServers : IAsyncDisposable
{
    private readonly SharedInstance<RabbitMqInstance> _broker = new(() => RabbitMqInstance.Create());
    private readonly SharedInstance<PostgresInstance> _database = new(() => PostgresInstance.Create("fsync=off"));
    private readonly SemaphoreSlim _starting = new(1);
    private readonly WorkFolder _folder = new();
    private readonly CertificateAuthority _issuer = new("Tests");
    private readonly CertificateAuthority _other = new("Others");
    private bool _started;

    /// <summary>The servers, with TLS.</summary>
    public async Task<TlsServers> StartedAsync()
    {
        await _starting.WaitAsync();
        try
        {
            if (!_started)
            {
                await Task.WhenAll(StartBrokerAsync(), StartDatabaseAsync());
                _started = true;
            }

            return this;
        }
        finally
        {
            _starting.Release();
        }
    }

    internal RabbitMqInstance Broker => _broker.Instance!;

    internal PostgresInstance Database => _database.Instance!;

    /// <summary>The file of the issuer of both servers' certificates, and of those of clients.</summary>
    internal string IssuerFile => _folder["issuer.pem"];

    /// <summary>The file of an issuer of which the servers know nothing.</summary>
    internal string OtherIssuerFile => _folder["other.pem"];

    /// <summary>The files of a client's certificate.</summary>
    internal (string Certificate, string Key) Client => (_folder["client.pem"], _folder["client.key"]);

    /// <summary>The files of a client's certificate that was issued by the other issuer.</summary>
    internal (string Certificate, string Key) Stranger => (_folder["stranger.pem"], _folder["stranger.key"]);

    /// <summary>The host and port of the broker, under a name that its certificate is for or, by the IP address, not for.</summary>
    internal string BrokerAt(string host) => $"{host}:{PortOf(Broker.TlsEndpoint)}";

    /// <summary>The host and port of the database, under a name that its certificate is for or, by the IP address, not for.</summary>
    internal string DatabaseAt(string host) => $"{host}:{PortOf(Database.Endpoint)}";

    /// <summary>Makes a user of both servers, who may do everything, or replaces the password, and ends the user's connections.</summary>
    internal async Task SetPasswordAsync(string user, string password)
    {
        await ExecuteAsync(
            $"""
            DO $$ BEGIN
                IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '{user}') THEN CREATE ROLE {user} LOGIN SUPERUSER; END IF;
            END $$;
            ALTER ROLE {user} PASSWORD '{password}';
            """);
        await Broker.SetPasswordAsync(user, password);
        await ExecuteAsync($"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{user}'");
    }

    /// <summary>Makes an empty database. It stays until the server is removed.</summary>
    /// <returns>Its name.</returns>
    internal async Task<string> CreateDatabaseAsync()
    {
        var name = $"csvingest_test_{Guid.NewGuid():N}";
        await ExecuteAsync($"CREATE DATABASE {name}");
        return name;
    }

    /// <summary>Runs SQL as the superuser.</summary>
    internal async Task ExecuteAsync(string sql)
    {
        await using var source = NpgsqlDataSource.Create(PostgresAddress.ToConnectionString(Database.AddressOf("postgres")) + ";Pooling=false");
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _broker.DisposeAsync();
        await _database.DisposeAsync();
        _starting.Dispose();
        _folder.Dispose();
        _issuer.Dispose();
        _other.Dispose();
    }

    private static string PortOf(string endpoint) => endpoint[(endpoint.LastIndexOf(':') + 1)..];

    private async Task StartBrokerAsync()
    {
        var broker = await _broker.StartedAsync();
        using var own = _issuer.Issue("broker", "localhost");
        await broker.ListenWithTlsAsync(own, _issuer);
        _folder.Write("issuer.pem", _issuer.Pem);
        _folder.Write("other.pem", _other.Pem);
        WriteClient("client", _issuer);
        WriteClient("stranger", _other);

        void WriteClient(string name, CertificateAuthority issuer)
        {
            using var client = issuer.Issue(name);
            _folder.Write($"{name}.pem", client.Pem);
            _folder.Write($"{name}.key", client.KeyPem);
        }
    }

    // The server writes the files itself, so that they are its own wherever it runs.
    private async Task StartDatabaseAsync()
    {
        await _database.StartedAsync();
        using var own = _issuer.Issue("database", "localhost");
        await ExecuteAsync(
            $"""
            {Write("server.crt", own.Pem)} {Write("server.key", own.KeyPem)} {Write("clients.crt", _issuer.Pem)}
            {Write("pg_hba.conf", """
                hostssl all certified all scram-sha-256 clientcert=verify-ca
                hostssl all all all scram-sha-256
                host all postgres all scram-sha-256
                """)}
            CREATE ROLE certified LOGIN SUPERUSER PASSWORD 'certified';
            """);
        await using (var store = new PostgresStore(Database.AddressOf("postgres"), NullLogger.Instance))
        {
            await store.MigrateAsync([], CancellationToken.None);
        }

        await ExecuteAsync("ALTER SYSTEM SET ssl_ca_file = 'clients.crt'");
        await ExecuteAsync("ALTER SYSTEM SET ssl = on");
        await ExecuteAsync("SELECT pg_reload_conf()");

        static string Write(string file, string text) =>
            $"COPY (SELECT '{Convert.ToBase64String(Encoding.UTF8.GetBytes(text + "\n"))}') TO PROGRAM 'umask 077; base64 -d >{file}';";
    }
}
