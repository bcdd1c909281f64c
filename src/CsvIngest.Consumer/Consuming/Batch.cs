using CsvIngest.Messages;
using CsvIngest.Store;

namespace CsvIngest.Consumer.Consuming;

/// <summary>
/// Deliveries that share a transaction. They are decoded only when it is their turn: rows take several times as much memory as the
/// messages, and half of the messages are waiting.
/// </summary>
internal sealed class Batch
{
    private readonly List<Delivery> _deliveries = [];

    public IReadOnlyList<Delivery> Deliveries => _deliveries;

    /// <summary>The length of all bodies.</summary>
    public long ByteCount { get; private set; }

    public void Add(Delivery delivery)
    {
        _deliveries.Add(delivery);
        ByteCount += delivery.Body.Length;
    }

    /// <summary>Every delivery with what is in it.</summary>
    public List<BatchEntry> Decode(MessageDecoder decoder) => _deliveries.ConvertAll(delivery => Decode(delivery, decoder));

    private static BatchEntry Decode(Delivery delivery, MessageDecoder decoder)
    {
        try
        {
            return new BatchEntry(delivery, decoder.Decode(delivery.Body, delivery.ContentType), Unacceptable: null);
        }
        catch (UnacceptableMessageException e)
        {
            return new BatchEntry(delivery, Part: null, Outcome.DeadLetter(e.Reason, FailureReason.Of(e)));
        }
    }
}

/// <summary>A delivery in a batch. It holds a part to apply, or the reason why it holds none.</summary>
/// <param name="Part">What to apply; null for an unacceptable message.</param>
/// <param name="Unacceptable">Why there is no part; null where there is one.</param>
internal sealed record BatchEntry(Delivery Delivery, ImportPart? Part, Outcome.DeadLettered? Unacceptable);
