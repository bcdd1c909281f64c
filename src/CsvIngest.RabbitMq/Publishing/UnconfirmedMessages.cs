namespace CsvIngest.RabbitMq;

/// <summary>
/// The messages of a publisher that are not confirmed: some wait to be published, the others are in flight. Only the publisher's loop uses it.
/// </summary>
internal sealed class UnconfirmedMessages
{
    private readonly PriorityQueue<PendingPublish, long> _waiting = new();
    private readonly HashSet<PendingPublish> _inFlight = [];

    public int Count => _waiting.Count + _inFlight.Count;

    public int InFlightCount => _inFlight.Count;

    /// <summary>Adds a message that waits.</summary>
    public void Add(PendingPublish publish) => _waiting.Enqueue(publish, publish.Sequence);

    /// <summary>Takes the next one that waits, in the order of the calls. It is in flight then.</summary>
    public PendingPublish? TakeNext()
    {
        while (_waiting.TryDequeue(out var publish, out _))
        {
            // A confirm may have arrived from a session that has ended.
            if (!publish.Task.IsCompleted)
            {
                _inFlight.Add(publish);
                return publish;
            }
        }

        return null;
    }

    /// <summary>Removes a message that was in flight.</summary>
    public void Remove(PendingPublish publish) => _inFlight.Remove(publish);

    /// <summary>Makes a message wait again that was in flight.</summary>
    public void Return(PendingPublish publish)
    {
        if (_inFlight.Remove(publish))
        {
            Add(publish);
        }
    }

    /// <summary>Makes all that is in flight wait again, before what was never published.</summary>
    /// <returns>How many there are.</returns>
    public int ReturnAll()
    {
        var count = _inFlight.Count;
        foreach (var publish in _inFlight)
        {
            Add(publish);
        }

        _inFlight.Clear();
        return count;
    }

    /// <summary>Removes all.</summary>
    public List<PendingPublish> Drain()
    {
        List<PendingPublish> all = [.. _inFlight, .. _waiting.UnorderedItems.Select(item => item.Element)];
        _inFlight.Clear();
        _waiting.Clear();
        return all;
    }
}
