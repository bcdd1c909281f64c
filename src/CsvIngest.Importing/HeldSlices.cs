namespace CsvIngest.Importing;

/// <summary>
/// Slices that are cut but not published yet. At the start of a file, they wait until the reject limit can judge it. A file that is still
/// being written may end anywhere: the slices of its last bytes wait until all of it is read and nothing has changed. The very last slice,
/// which may end with half a record, waits until all others are confirmed.
/// </summary>
internal sealed class HeldSlices(SliceWindow window)
{
    private readonly Queue<(byte[] Message, SliceMark Mark)> _slices = new();

    public void Add(byte[] message, SliceMark mark) => _slices.Enqueue((message, mark));

    /// <summary>Publishes all slices in order.</summary>
    public Task PublishAsync(CancellationToken cancellationToken) => PublishAsync(keep: 0, cancellationToken);

    /// <summary>Publishes all slices in order, but for the last one.</summary>
    public Task PublishAllButLastAsync(CancellationToken cancellationToken) => PublishAsync(keep: 1, cancellationToken);

    private async Task PublishAsync(int keep, CancellationToken cancellationToken)
    {
        while (_slices.Count > keep)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (message, mark) = _slices.Dequeue();
            await window.SendAsync(message, mark, cancellationToken);
        }
    }
}
