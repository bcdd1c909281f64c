namespace CsvIngest.Consumer.Consuming;

/// <summary>
/// Keeps a file in existence while messages can be received and stored: <c>test -f FILE</c> is a health check that needs no port.
/// </summary>
internal sealed class Readiness : IDisposable
{
    private readonly Lock _lock = new();
    private readonly string? _file;
    private bool _brokerReachable;
    private bool _storeReachable;

    /// <summary>Not ready. A file that a killed process left behind says nothing of us, and goes.</summary>
    public Readiness(string? file)
    {
        _file = file;
        Remove();
    }

    public bool BrokerReachable
    {
        set => Set(ref _brokerReachable, value);
    }

    public bool StoreReachable
    {
        set => Set(ref _storeReachable, value);
    }

    public void Dispose() => Remove();

    private void Set(ref bool field, bool value)
    {
        lock (_lock)
        {
            if (field == value)
            {
                return;
            }

            field = value;
            if (!_brokerReachable || !_storeReachable)
            {
                Remove();
            }
            else if (_file is not null)
            {
                File.WriteAllText(_file, string.Empty);
            }
        }
    }

    private void Remove()
    {
        if (_file is not null)
        {
            File.Delete(_file);
        }
    }
}
