namespace CsvIngest.RabbitMq;

/// <summary>The delivery tags of one channel that are not settled, and how to settle many of them with few frames.</summary>
internal sealed class UnsettledTags
{
    private readonly SortedSet<ulong> _tags = [];
    private readonly Lock _lock = new();

    /// <summary>How many there are.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _tags.Count;
            }
        }
    }

    /// <summary>Adds the tag of a delivery that has arrived. To be called in the order of the tags.</summary>
    public void Add(ulong tag)
    {
        lock (_lock)
        {
            _tags.Add(tag);
        }
    }

    /// <summary>
    /// Removes these tags and returns how to settle them: everything up to <c>UpTo</c> (0 for none) at once, which is correct only
    /// because every tag up to there is among these or was settled before, and the rest one by one. Tags that are settled already are
    /// left out: to settle a tag twice closes the channel.
    /// </summary>
    public (ulong UpTo, IReadOnlyList<ulong> Singly) Take(IEnumerable<ulong> tags)
    {
        lock (_lock)
        {
            var wanted = new SortedSet<ulong>(tags);
            wanted.IntersectWith(_tags);
            var upTo = 0UL;
            foreach (var tag in _tags)
            {
                if (!wanted.Contains(tag))
                {
                    break;
                }

                upTo = tag;
            }

            _tags.ExceptWith(wanted);
            return (upTo, [.. wanted.Where(tag => tag > upTo)]);
        }
    }
}
