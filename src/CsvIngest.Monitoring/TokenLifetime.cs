using Microsoft.Extensions.Hosting;

namespace CsvIngest.Monitoring;

/// <summary>Lets an application run until it is told to stop: the token of the command is cancelled by signals.</summary>
public sealed class TokenLifetime : IHostLifetime
{
    /// <inheritdoc/>
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
