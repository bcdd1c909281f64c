namespace CsvIngest.ServerTests.Servers;

/// <summary>
/// A server of a test's own, which the test may stop, kill and start again. It keeps its address and its data until it is
/// disposed of.
/// </summary>
public abstract class ServerInstance : IAsyncDisposable
{
    /// <summary>A generous guess: on two cores without other load, RabbitMQ takes five seconds and PostgreSQL one.</summary>
    private static readonly TimeSpan StartTimeout = TimeSpan.FromMinutes(2);

    /// <summary>Starts it, again or for the first time. On return it accepts connections.</summary>
    public async Task StartAsync()
    {
        using var timeout = new CancellationTokenSource(StartTimeout);
        await LaunchAsync(timeout.Token);
        while (true)
        {
            try
            {
                await ConnectAsync(timeout.Token);
                return;
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                if (HasFailed() is { } reason)
                {
                    throw new InvalidOperationException($"{GetType().Name} did not start: {reason}", error);
                }
            }

            // There is no signal of a server's start that all ways to run it have in common.
            await Task.Delay(TimeSpan.FromMilliseconds(50), timeout.Token);
        }
    }

    /// <summary>Stops it in an orderly way, without waiting for its clients. On return it has ended.</summary>
    public abstract Task StopAsync();

    /// <summary>Kills it, so that it cannot clean up. On return it has ended.</summary>
    public abstract Task KillAsync();

    /// <summary>Stops or kills it, and starts it again.</summary>
    public async Task RestartAsync(bool kill = false)
    {
        await (kill ? KillAsync() : StopAsync());
        await StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await RemoveAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Starts the server. Need not wait until it accepts connections.</summary>
    protected abstract Task LaunchAsync(CancellationToken cancellationToken);

    /// <summary>Opens a connection and closes it.</summary>
    protected abstract Task ConnectAsync(CancellationToken cancellationToken);

    /// <summary>Why the server has ended by itself; null while it runs.</summary>
    protected abstract string? HasFailed();

    /// <summary>Ends it for good and removes its data.</summary>
    protected abstract Task RemoveAsync();
}
