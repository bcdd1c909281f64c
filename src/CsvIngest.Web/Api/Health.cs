using CsvIngest.Monitoring;
using CsvIngest.Store;
using CsvIngest.Web.Imports;
using CsvIngest.Web.Uploads;
using Microsoft.AspNetCore.Routing;

namespace CsvIngest.Web.Api;

/// <summary>Whether the program is ready, for <see cref="Probes"/>: it needs the broker, the database and the disk of the uploads.</summary>
internal sealed class Health(QueueView queue, IStore store, SpoolFolder folder, TimeProvider time) : IDisposable
{
    /// <summary>How long an answer is good for, whatever the number of probes. 2 s, a guess.</summary>
    private static readonly TimeSpan Validity = TimeSpan.FromSeconds(2);

    /// <summary>How long the database may take. 5 s, a guess: probes wait for a few seconds.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _turn = new(1);
    private bool _isReady;
    private long? _checkedAt;

    public void Map(IEndpointRouteBuilder routes) => Probes.Map(routes, IsReadyAsync);

    public void Dispose() => _turn.Dispose();

    private async Task<bool> IsReadyAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (_checkedAt is not { } at || time.GetElapsedTime(at) >= Validity)
            {
                _isReady = folder.FreeBytes > 0 && (await queue.CountAsync(cancellationToken)).Lengths is not null && await IsStoreAvailableAsync(cancellationToken);
                _checkedAt = time.GetTimestamp();
            }

            return _isReady;
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task<bool> IsStoreAvailableAsync(CancellationToken cancellationToken)
    {
        try
        {
            await store.ReportAsync(new ImportFilter { Limit = 1 }, CancellationToken.None).WaitAsync(Timeout, time, cancellationToken);
            return true;
        }
        catch (Exception e) when (e is StoreUnavailableException or DeniedException or TimeoutException)
        {
            return false;
        }
    }
}
