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
    private QueueLengths? _lengths;
    private string? _failure;
    private long? _countedAt;

    /// <summary>The broker's address, without password.</summary>
    public string DisplayAddress => broker.DisplayAddress;

    /// <summary>Why the messages could not be counted; null if they could.</summary>
    public string? Failure => _failure;

    /// <summary>How many messages there are; null if the broker cannot be asked.</summary>
    public async Task<QueueLengths?> CountAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (_countedAt is not { } at || time.GetElapsedTime(at) >= Validity)
            {
                try
                {
                    _lengths = await broker.CountAsync(CancellationToken.None).WaitAsync(Timeout, time, cancellationToken);
                    _failure = null;
                }
                catch (Exception e) when (e is BrokerUnavailableException or DeniedException or TimeoutException)
                {
                    (_lengths, _failure) = (null, FailureReason.Of(e));
                }

                _countedAt = time.GetTimestamp();
            }

            return _lengths;
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();
}
