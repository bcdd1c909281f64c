using CsvIngest.Messages;

namespace CsvIngest.Importing;

/// <summary>
/// The slices that are published and not yet confirmed, in file order. It waits if there are too many, so that memory stays bounded,
/// and reports up to which slice everything is confirmed: that is where an import can be resumed.
/// </summary>
/// <param name="publisher">Where everything is published.</param>
/// <param name="opening">
/// The import's opening message, which precedes the first message and is not published without one; null if it is confirmed already.
/// </param>
/// <param name="confirmed">Called for each message when it and all before it are confirmed.</param>
internal sealed class SliceWindow(IPublisher publisher, byte[]? opening, Action<SliceMark> confirmed)
{
    /// <summary>
    /// How many slices may be unconfirmed. 500, measured: from 200 on, a quorum queue's confirms keep up with the producer.
    /// </summary>
    private const int MaxSlices = 500;

    /// <summary>How many bytes may be unconfirmed: 32 MiB, a guess that leaves room for large rows and keeps memory small.</summary>
    private const long MaxBytes = 32 * 1024 * 1024;

    private readonly Queue<Entry> _entries = new();
    private byte[]? _opening = opening;
    private long _bytes;

    /// <summary>What the unconfirmed messages wait for; may be read by any thread.</summary>
    public BrokerCondition Condition => _entries.Count == 0 ? BrokerCondition.Flowing : publisher.Condition;

    /// <summary>Whether anything was published, confirmed or not.</summary>
    public bool HasPublished { get; private set; }

    /// <summary>Publishes a slice, as soon as there is room.</summary>
    public Task SendAsync(byte[] message, SliceMark mark, CancellationToken cancellationToken) =>
        SendAsync(new OutgoingMessage(message), mark, cancellationToken);

    /// <summary>Publishes the closing, as soon as there is room. It may overtake slices, so that the end is known before they are stored.</summary>
    public Task CloseAsync(byte[] message, SliceMark mark, CancellationToken cancellationToken) =>
        SendAsync(new OutgoingMessage(message, IsUrgent: true), mark, cancellationToken);

    /// <summary>Waits until everything is confirmed.</summary>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        while (_entries.Count > 0)
        {
            await ConfirmOldestAsync(cancellationToken);
        }
    }

    private async Task SendAsync(OutgoingMessage message, SliceMark mark, CancellationToken cancellationToken)
    {
        if (_opening is { } first)
        {
            _opening = null;
            Publish(new OutgoingMessage(first, IsUrgent: true), SliceMark.Start);
        }

        while (_entries.Count >= MaxSlices || (_entries.Count > 0 && _bytes + message.Body.Length > MaxBytes))
        {
            await ConfirmOldestAsync(cancellationToken);
        }

        while (_entries.TryPeek(out var oldest) && oldest.Publishing.IsCompletedSuccessfully)
        {
            await ConfirmOldestAsync(cancellationToken);
        }

        Publish(message, mark);
    }

    private void Publish(OutgoingMessage message, SliceMark mark)
    {
        HasPublished = true;
        _entries.Enqueue(new Entry(publisher.PublishAsync(message), message.Body.Length, mark));
        _bytes += message.Body.Length;
    }

    private async Task ConfirmOldestAsync(CancellationToken cancellationToken)
    {
        var oldest = _entries.Peek();
        await oldest.Publishing.WaitAsync(cancellationToken);
        _entries.Dequeue();
        _bytes -= oldest.Bytes;
        confirmed(oldest.Mark);
    }

    private sealed record Entry(Task Publishing, int Bytes, SliceMark Mark);
}

/// <summary>Where a slice ends in the file.</summary>
/// <param name="Position">Bytes read up to there.</param>
/// <param name="Hash">The hash of these bytes; null if nothing is to be resumed from here.</param>
internal readonly record struct SliceEnd(long Position, byte[]? Hash);

/// <summary>Where a slice ends, and what has become of the rows up to there.</summary>
/// <param name="Slices">Its number, from 1: how many slices there are so far.</param>
/// <param name="RowsRead">Rows read up to there.</param>
/// <param name="RowsValid">How many of these are valid.</param>
/// <param name="Position">Bytes read up to there.</param>
/// <param name="Hash">The hash of these bytes; null if nothing is to be resumed from here.</param>
internal sealed record SliceMark(int Slices, long RowsRead, long RowsValid, long Position, byte[]? Hash)
{
    /// <summary>Before the first slice.</summary>
    public static SliceMark Start { get; } = new(0, 0, 0, 0, Hash: null);
}
