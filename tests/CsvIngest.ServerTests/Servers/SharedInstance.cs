namespace CsvIngest.ServerTests.Servers;

/// <summary>A server that is started when it is first needed.</summary>
internal sealed class SharedInstance<T>(Func<T> create) : IAsyncDisposable
    where T : ServerInstance
{
    private readonly SemaphoreSlim _starting = new(1);

    /// <summary>The server; null before it is first needed.</summary>
    public T? Instance { get; private set; }

    /// <summary>Starts the server unless it runs.</summary>
    public async Task<T> StartedAsync()
    {
        await _starting.WaitAsync();
        try
        {
            if (Instance is null)
            {
                var instance = create();
                await instance.StartAsync();
                Instance = instance;
            }

            return Instance;
        }
        finally
        {
            _starting.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await (Instance?.DisposeAsync() ?? ValueTask.CompletedTask);
        _starting.Dispose();
    }
}
