namespace CsvIngest.Consumer.Consuming;

/// <summary>
/// Keeps a file in existence while messages can be received and stored: <c>test -f FILE</c> is a health check that needs no port.
/// </summary>
internal sealed class Readiness(string? file) : IDisposable
{
    private readonly Lock _lock = new();
    private bool _brokerReachable;
    private bool _storeReachable;

    public bool BrokerReachable
    {
        set => Set(ref _brokerReachable, value);
    }

    public bool StoreReachable
    {
        set => Set(ref _storeReachable, value);
    }

    public void Dispose()
    {
        if (file is not null)
        {
            File.Delete(file);
        }
    }

    private void Set(ref bool field, bool value)
    {
        lock (_lock)
        {
            if (field == value)
            {
                return;
            }

            field = value;
            if (file is null)
            {
                return;
            }

            if (_brokerReachable && _storeReachable)
            {
                File.WriteAllText(file, string.Empty);
            }
            else
            {
                File.Delete(file);
            }
        }
    }
}
