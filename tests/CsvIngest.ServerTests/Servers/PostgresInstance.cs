using CsvIngest.Postgres;
using Npgsql;

namespace CsvIngest.ServerTests.Servers;

/// <summary>
/// A PostgreSQL server of a test's own, which it may stop, kill and start again. It keeps its address and its data through all
/// that, until it is disposed of.
/// </summary>
public abstract class PostgresInstance : IAsyncDisposable
{
    /// <summary>Of the superuser. Every kind of character that an address must encode is in it.</summary>
    protected const string Password = "p@ss:w/rd%20?";

    /// <summary>A guess that is generous: it takes a second on two cores that are not busy.</summary>
    private static readonly TimeSpan StartTimeout = TimeSpan.FromMinutes(2);

    /// <summary>The host and port, such as <c>127.0.0.1:5432</c>.</summary>
    public abstract string Endpoint { get; }

    /// <summary>
    /// An instance that is not started yet: in a container where tests are built with Testcontainers, a process of this
    /// machine's own PostgreSQL otherwise.
    /// </summary>
    /// <param name="settings">Server settings, such as <c>max_connections=20</c>.</param>
    /// <exception cref="InvalidOperationException">There is no server to be had; says what to do.</exception>
    public static PostgresInstance Create(params string[] settings) =>
#if TESTCONTAINERS
        new ContainerPostgres(settings);
#else
        new PrivatePostgres(settings);
#endif

    /// <summary>The address of a database on it: <c>postgres://user:password@host:port/database</c>.</summary>
    /// <param name="database">The database <c>postgres</c> is always there.</param>
    public string AddressOf(string database) => $"postgres://postgres:{Uri.EscapeDataString(Password)}@{Endpoint}/{database}";

    /// <summary>Starts it, again or for the first time. On return it takes connections.</summary>
    public async Task StartAsync()
    {
        using var timeout = new CancellationTokenSource(StartTimeout);
        await LaunchAsync(timeout.Token);
        await TakesConnectionsAsync(timeout.Token);
    }

    /// <summary>Stops it, disconnecting everybody (its "fast" mode). On return it is gone.</summary>
    public abstract Task StopAsync();

    /// <summary>Kills all of its processes, so that it has to recover at the next start. On return it is gone.</summary>
    public abstract Task KillAsync();

    /// <summary><see cref="StopAsync"/> and <see cref="StartAsync"/>.</summary>
    public async Task RestartAsync()
    {
        await StopAsync();
        await StartAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await RemoveAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Starts the server. Need not wait until it takes connections.</summary>
    protected abstract Task LaunchAsync(CancellationToken cancellationToken);

    /// <summary>Whether the server has ended by itself, and why; null while it runs.</summary>
    protected abstract string? HasFailed();

    /// <summary>Ends it for good and removes its data.</summary>
    protected abstract Task RemoveAsync();

    private async Task TakesConnectionsAsync(CancellationToken cancellationToken)
    {
        await using var source = NpgsqlDataSource.Create(
            PostgresAddress.ToConnectionString(AddressOf("postgres")) + ";Pooling=false");
        while (true)
        {
            try
            {
                await using var connection = await source.OpenConnectionAsync(cancellationToken);
                return;
            }
            catch (NpgsqlException error)
            {
                if (HasFailed() is { } why)
                {
                    throw new InvalidOperationException($"PostgreSQL did not start: {why}", error);
                }
            }

            // A server that starts gives no signal that all ways of running it have in common.
            await Task.Delay(TimeSpan.FromMilliseconds(50), cancellationToken);
        }
    }
}
