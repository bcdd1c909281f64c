namespace CsvIngest.Importing;

/// <summary>
/// Slices that are cut but not published yet. At the start of a file they wait until the reject limit can judge it. At its end, since
/// a file that is still being written may be cut anywhere, those that came with its last bytes wait until all is read and nothing has
/// changed, and the last one, which half a record may end, until all others are confirmed.
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
