using RabbitMQ.Client;

namespace CsvIngest.ServerTests.Servers;

/// <summary>
/// A RabbitMQ server of a test's own, which it may stop, kill and reconfigure. It keeps its address and its data through all
/// that, until it is disposed of.
/// </summary>
public abstract class RabbitMqInstance : IAsyncDisposable
{
    /// <summary>A guess that is generous: it takes five seconds on two cores that are not busy.</summary>
    private static readonly TimeSpan StartTimeout = TimeSpan.FromMinutes(2);

    /// <summary>Where it is, with user and password: <c>amqp://user:password@host:port/</c>.</summary>
    public abstract string Address { get; }

    /// <summary>
    /// An instance that is not started yet: in a container where tests are built with Testcontainers, a process of this
    /// machine's own rabbitmq-server otherwise.
    /// </summary>
    /// <param name="configuration">Lines of <c>rabbitmq.conf</c>.</param>
    /// <exception cref="InvalidOperationException">There is no server to be had; says what to do.</exception>
    public static RabbitMqInstance Create(params string[] configuration) =>
#if TESTCONTAINERS
        new ContainerRabbitMq(configuration);
#else
        new PrivateRabbitMq(configuration);
#endif

    /// <summary>Starts it, again or for the first time. On return it takes connections.</summary>
    public async Task StartAsync()
    {
        using var timeout = new CancellationTokenSource(StartTimeout);
        await LaunchAsync(timeout.Token);
        await TakesConnectionsAsync(timeout.Token);
    }

    /// <summary>Stops it in an orderly way. On return it is gone.</summary>
    public abstract Task StopAsync();

    /// <summary>Kills it, so that it cannot clean up. On return it is gone.</summary>
    public abstract Task KillAsync();

    /// <summary>Runs <c>rabbitmqctl</c> on it and returns what it prints.</summary>
    /// <exception cref="InvalidOperationException">It failed; holds what it printed.</exception>
    public abstract Task<string> CtlAsync(params string[] arguments);

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
        var factory = new ConnectionFactory { Uri = new Uri(Address), AutomaticRecoveryEnabled = false };
        while (true)
        {
            try
            {
                await using var connection = await factory.CreateConnectionAsync(cancellationToken);
                return;
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                if (HasFailed() is { } why)
                {
                    throw new InvalidOperationException($"rabbitmq-server did not start: {why}", error);
                }
            }

            // A server that starts gives no signal that all ways of running it have in common.
            await Task.Delay(TimeSpan.FromMilliseconds(50), cancellationToken);
        }
    }
}
