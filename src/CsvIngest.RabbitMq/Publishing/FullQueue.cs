using Microsoft.Extensions.Logging;

namespace CsvIngest.RabbitMq;

/// <summary>
/// What a publisher does while the queue turns messages away: it pauses, tries one, and lets more through with every confirm.
/// Only the publisher's loop uses it.
/// </summary>
internal sealed class FullQueue(ILogger logger, string queue)
{
    /// <summary>Once this many are in flight and confirmed, the queue counts as having room. A guess: a usual window.</summary>
    private const int Enough = 500;

    private readonly TimeProvider _time = TimeProvider.System;
    private readonly Backoff _pause = new();
    private int _room = int.MaxValue;
    private long _pausedAt;
    private TimeSpan _pauseFor;

    /// <summary>Whether messages were turned away of late.</summary>
    public bool IsFull { get; private set; }

    /// <summary>Whether one more may be published now.</summary>
    public bool Admits(int inFlight) => !IsFull || (inFlight < _room && _time.GetElapsedTime(_pausedAt) >= _pauseFor);

    /// <summary>The broker refused a message.</summary>
    public void TurnedAway()
    {
        if (!IsFull)
        {
            IsFull = true;
            Log.QueueFull(logger, queue);
        }

        // A burst that is turned away is one occasion, not five hundred.
        if (_room > 1 || _time.GetElapsedTime(_pausedAt) >= _pauseFor)
        {
            _pausedAt = _time.GetTimestamp();
            _pauseFor = _pause.Next();
        }

        _room = 1;
    }

    /// <summary>A message was confirmed.</summary>
    /// <param name="wasLast">Whether nothing else is outstanding.</param>
    public void Confirmed(bool wasLast)
    {
        if (!IsFull)
        {
            return;
        }

        _room++;
        _pause.Reset();
        if (wasLast || _room >= Enough)
        {
            Log.QueueTakesAgain(logger, queue);
            Forget();
        }
    }

    /// <summary>The connection is another one: what is known about the queue is out of date.</summary>
    public void Forget()
    {
        IsFull = false;
        _room = int.MaxValue;
    }
}
