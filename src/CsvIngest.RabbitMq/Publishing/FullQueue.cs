using Microsoft.Extensions.Logging;

namespace CsvIngest.RabbitMq;

/// <summary>
/// Limits a publisher while the queue rejects messages because it is full: one message is tried every half second, and each confirm lets
/// one more through. Only the publisher's loop uses it.
/// </summary>
internal sealed class FullQueue(ILogger logger, string queue, TimeProvider time)
{
    /// <summary>How often a full queue is tried. A guess: little load for a broker, and little delay for a person.</summary>
    private static readonly TimeSpan TryInterval = TimeSpan.FromMilliseconds(500);

    /// <summary>When this many may be in flight, the queue has room again. A guess: the usual number of unconfirmed messages.</summary>
    private const int Enough = 500;

    private int _room = int.MaxValue;
    private long _rejectedAt;

    /// <summary>Whether the queue has rejected messages and has not confirmed enough since.</summary>
    public bool IsFull { get; private set; }

    /// <summary>Whether one more message may be published now.</summary>
    public bool Admits(int inFlight) => !IsFull || (inFlight < _room && time.GetElapsedTime(_rejectedAt) >= TryInterval);

    /// <summary>The queue has rejected a message.</summary>
    public void OnRejected()
    {
        if (!IsFull)
        {
            IsFull = true;
            Log.QueueFull(logger, queue);
        }

        _room = 1;
        _rejectedAt = time.GetTimestamp();
    }

    /// <summary>A message was confirmed.</summary>
    /// <param name="wasLast">Whether nothing else is outstanding.</param>
    public void OnConfirmed(bool wasLast)
    {
        if (!IsFull)
        {
            return;
        }

        _room++;
        if (wasLast || _room >= Enough)
        {
            Log.QueueAccepts(logger, queue);
            Reset();
        }
    }

    /// <summary>Forgets what is known: there is another connection, and perhaps another queue.</summary>
    public void Reset()
    {
        IsFull = false;
        _room = int.MaxValue;
    }
}
