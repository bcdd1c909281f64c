using CsvIngest.Messages;
using CsvIngest.Store;

namespace CsvIngest.Consumer.Consuming;

/// <summary>What this process has done. Written by every lane.</summary>
internal sealed class Totals
{
    private long _inserted;
    private long _duplicate;
    private long _rejected;
    private long _messages;
    private long _redelivered;
    private long _alreadyApplied;
    private long _deadLettered;

    public long Inserted => Interlocked.Read(ref _inserted);

    public long Duplicate => Interlocked.Read(ref _duplicate);

    public long Rejected => Interlocked.Read(ref _rejected);

    /// <summary>Messages whose parts the store has judged.</summary>
    public long Messages => Interlocked.Read(ref _messages);

    /// <summary>Messages that were delivered again, by the broker's count or because the ledger has them.</summary>
    public long Redelivered => Interlocked.Read(ref _redelivered);

    /// <summary>Those of them that were applied before.</summary>
    public long AlreadyApplied => Interlocked.Read(ref _alreadyApplied);

    public long DeadLettered => Interlocked.Read(ref _deadLettered);

    public void Add(Delivery delivery, PartOutcome outcome)
    {
        Interlocked.Increment(ref _messages);
        Interlocked.Add(ref _inserted, outcome.Inserted);
        Interlocked.Add(ref _duplicate, outcome.Duplicate);
        Interlocked.Add(ref _rejected, outcome.Rejected);
        var alreadyApplied = outcome.Kind == PartOutcomeKind.AlreadyApplied;
        if (alreadyApplied)
        {
            Interlocked.Increment(ref _alreadyApplied);
        }

        if (alreadyApplied || delivery.Attempts > 0)
        {
            Interlocked.Increment(ref _redelivered);
        }
    }

    public void AddDeadLetter() => Interlocked.Increment(ref _deadLettered);
}
