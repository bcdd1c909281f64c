using CsvIngest.Messages;
using Microsoft.Extensions.Logging;

namespace CsvIngest.Contracts;

/// <summary>
/// What <see cref="BrokerContract{TFixture}"/> needs of an implementation. Created once for the class by xunit (it may
/// implement <c>IAsyncLifetime</c>, or take an assembly fixture in its constructor).
/// </summary>
public abstract class BrokerFixture
{
    /// <summary>
    /// Opens another broker object on this queue, as another program would; called several times with one name.
    /// The caller disposes it.
    /// </summary>
    /// <param name="queue">A name that is used by one test only.</param>
    /// <param name="logs">Where the implementation logs to.</param>
    public abstract IBroker Open(string queue, ILoggerFactory logs);

    /// <summary>Called after each test: deletes the queue and its dead-letter queue.</summary>
    public virtual ValueTask RemoveAsync(string queue) => ValueTask.CompletedTask;
}
