using CsvIngest.Messages;

namespace CsvIngest.Web.Imports;

/// <summary>
/// The messages at the broker, counted now and then whatever the number of those who look: each count takes a connection. Counting
/// receives no message.
/// </summary>
internal sealed class QueueView(IBroker broker, TimeProvider time) : IDisposable
{
    /// <summary>How long a count is good for. 2 s, a guess at what people notice.</summary>
    private static readonly TimeSpan Validity = TimeSpan.FromSeconds(2);

    /// <summary>How long the broker may take. 5 s, a guess: a page waits for it.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _turn = new(1);
    private QueueCount? _count;
    private long _countedAt;

    /// <summary>How many messages there are, as they were counted a moment ago.</summary>
    public async Task<QueueCount> CountAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (_count is null || time.GetElapsedTime(_countedAt) >= Validity)
            {
                _count = await AskAsync(cancellationToken);
                _countedAt = time.GetTimestamp();
            }

            return _count;
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private async Task<QueueCount> AskAsync(CancellationToken cancellationToken)
    {
        try
        {
            var lengths = await broker.CountAsync(CancellationToken.None).WaitAsync(Timeout, time, cancellationToken);
            return new QueueCount(time.GetUtcNow().UtcDateTime, lengths, Failure: null);
        }
        catch (Exception e) when (e is BrokerUnavailableException or DeniedException or TimeoutException)
        {
            return new QueueCount(time.GetUtcNow().UtcDateTime, Lengths: null, FailureReason.Of(e));
        }
    }
}

/// <summary>What was counted at the broker.</summary>
/// <param name="At">When, UTC.</param>
/// <param name="Lengths">The messages and the consumers; null if the broker could not be asked.</param>
/// <param name="Failure">Why it could not be asked; null if it could.</param>
public sealed record QueueCount(DateTime At, QueueLengths? Lengths, string? Failure);
