namespace CsvIngest.Consumer.Consuming;

/// <summary>Whether messages can be received and stored now. Not ready at first. Safe for concurrent use.</summary>
internal sealed class Readiness
{
    private readonly Lock _lock = new();
    private bool _brokerReachable;
    private bool _storeReachable;

    /// <summary>Called with the new state when it changes, one change after the other.</summary>
    public Action<bool>? Changed { get; set; }

    public bool IsReady { get; private set; }

    public bool BrokerReachable
    {
        set => Set(ref _brokerReachable, value);
    }

    public bool StoreReachable
    {
        set => Set(ref _storeReachable, value);
    }

    private void Set(ref bool field, bool value)
    {
        lock (_lock)
        {
            field = value;
            var ready = _brokerReachable && _storeReachable;
            if (ready != IsReady)
            {
                IsReady = ready;
                Changed?.Invoke(ready);
            }
        }
    }
}
