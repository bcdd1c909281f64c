using CsvIngest.Messages;
using CsvIngest.Store;

namespace CsvIngest.Consumer.Consuming;

/// <summary>Deliveries that share a transaction, with what they say.</summary>
internal sealed class Batch
{
    private readonly List<Delivery> _deliveries = [];
    private readonly List<ImportPart> _parts = [];

    public IReadOnlyList<Delivery> Deliveries => _deliveries;

    public IReadOnlyList<ImportPart> Parts => _parts;

    public int RowCount { get; private set; }

    public void Add(Delivery delivery, ImportPart part)
    {
        _deliveries.Add(delivery);
        _parts.Add(part);
        RowCount += part.RowCount;
    }
}
