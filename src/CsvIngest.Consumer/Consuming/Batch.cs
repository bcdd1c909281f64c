using CsvIngest.Messages;
using CsvIngest.Store;

namespace CsvIngest.Consumer.Consuming;

/// <summary>Deliveries that share a transaction. Each holds a part to apply, or the reason why it holds none.</summary>
internal sealed class Batch
{
    private readonly List<BatchEntry> _entries = [];

    public IReadOnlyList<BatchEntry> Entries => _entries;

    public int RowCount { get; private set; }

    /// <summary>Adds a delivery with what is in it.</summary>
    public void Add(Delivery delivery, MessageDecoder decoder)
    {
        try
        {
            var part = decoder.Decode(delivery.Body, delivery.ContentType);
            _entries.Add(new BatchEntry(delivery, part, Unacceptable: null));
            RowCount += part.RowCount;
        }
        catch (UnacceptableMessageException e)
        {
            _entries.Add(new BatchEntry(delivery, Part: null, new Outcome.DeadLettered(e.Reason, FailureReason.Of(e))));
        }
    }
}

/// <summary>A delivery in a batch.</summary>
/// <param name="Part">What to apply; null for an unacceptable message.</param>
/// <param name="Unacceptable">Why there is no part; null where there is one.</param>
internal sealed record BatchEntry(Delivery Delivery, ImportPart? Part, Outcome.DeadLettered? Unacceptable);
