using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Security.Cryptography;
using CsvIngest.Settings;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace CsvIngest.Postgres;

/// <summary>The connections of a store: those to its address, and after a refused login those to the address that has taken its place.</summary>
internal sealed class ConnectionPools : IAsyncDisposable
{
    private readonly RenewableAddress<Pool> _address;
    private readonly ILogger _logger;

    // Including those of addresses that were replaced: a connection of theirs may still be in use.
    private readonly ConcurrentBag<Pool> _pools = [];

    /// <summary>Prepares the pool; the first call connects.</summary>
    /// <exception cref="UsageException">The address is not valid, or a file that it names; the message contains no password.</exception>
    public ConnectionPools(ConfiguredAddress address, ILogger logger)
    {
        _logger = logger;
        _address = new RenewableAddress<Pool>(address, CreatePool, TimeProvider.System);
    }

    /// <summary>The address without password.</summary>
    public string DisplayAddress => _address.Current.Address;

    /// <summary>Opens a connection.</summary>
    /// <exception cref="DeniedException">The server denies access.</exception>
    /// <exception cref="StoreUnavailableException">The server is unavailable.</exception>
    public Task<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken) => _address.ConnectAsync(
        pool => OpenAsync(pool, cancellationToken), (message, cause) => new StoreUnavailableException(message, cause));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var pool in _pools)
        {
            await pool.Source.DisposeAsync();
        }
    }

    private static async Task<NpgsqlConnection> OpenAsync(Pool pool, CancellationToken cancellationToken)
    {
        try
        {
            return await pool.Source.OpenConnectionAsync(cancellationToken);
        }
        // The driver checks some settings only when it connects.
        catch (Exception e) when (PostgresFailure.RejectsSettings(e))
        {
            throw PostgresFailure.UnusableSettings(e);
        }
        // The files could be used when the program began. They are being replaced.
        catch (Exception e) when (e is UsageException or CryptographicException)
        {
            throw new StoreUnavailableException($"Database {pool.Address}: {FailureReason.Of(e)}", e);
        }
        catch (Exception e) when (e is NpgsqlException or IOException or SocketException or TimeoutException)
        {
            throw PostgresFailure.Translate(e, pool.Address);
        }
    }

    // Values go to the server as the UTF-8 that they are, whatever the address or PGCLIENTENCODING says.
    private static string InUtf8(string connectionString) =>
        new NpgsqlConnectionStringBuilder(connectionString) { ClientEncoding = "UTF8", Encoding = "UTF8" }.ConnectionString;

    private Pool CreatePool(string address)
    {
        var connectionString = InUtf8(PostgresAddress.ToConnectionString(address));
        var shown = PostgresAddress.ToDisplay(connectionString);
        try
        {
            if (PostgresTls.IgnoresIssuers(new NpgsqlConnectionStringBuilder(connectionString)))
            {
                Log.IssuersIgnored(_logger, shown);
            }

            var pool = new Pool(CreateSource(connectionString, shown), shown);
            foreach (var replaced in _pools)
            {
                replaced.Source.Clear();
            }

            _pools.Add(pool);
            return pool;
        }
        catch (Exception e) when (PostgresFailure.RejectsSettings(e))
        {
            throw PostgresFailure.UnusableSettings(e);
        }
    }

    // Only with what is used here: registering all types that the driver knows is a part of each start.
    private static NpgsqlDataSource CreateSource(string connectionString, string address)
    {
        var builder = new NpgsqlSlimDataSourceBuilder(connectionString)
        {
            // Without a name, the driver's spans and metrics have the connection string in its place.
            Name = "csvingest",
        };
        builder.EnableArrays().EnableTransportSecurity().EnableIntegratedSecurity();
        PostgresTls.Apply(builder, address);
        builder.ConfigureTracing(tracing => tracing.EnableFirstResponseEvent(false));
        return builder.Build();
    }

    /// <summary>The connections to an address.</summary>
    /// <param name="Source">Opens them.</param>
    /// <param name="Address">Without password.</param>
    private sealed record Pool(NpgsqlDataSource Source, string Address);
}
