using CsvIngest.Store;
using CsvIngest.Web.Imports;
using CsvIngest.Web.Uploads;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CsvIngest.Web.Api;

/// <summary>
/// Health, for probes: anybody may ask, and learns nothing but yes or no. <c>/livez</c> looks at nothing, so that an unavailable server
/// restarts no program; <c>/readyz</c> looks at the broker, the database and the disk of the uploads.
/// </summary>
internal sealed class Health(QueueView queue, IStore store, Spool spool, TimeProvider time) : IDisposable
{
    /// <summary>How long an answer is good for, whatever the number of probes. 2 s, a guess.</summary>
    private static readonly TimeSpan Validity = TimeSpan.FromSeconds(2);

    /// <summary>How long the database may take. 5 s, a guess: probes wait for a few seconds.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _turn = new(1);
    private bool _isReady;
    private long? _checkedAt;

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/livez", context => AnswerAsync(context, isWell: true));
        routes.MapGet("/readyz", async context => await AnswerAsync(context, await IsReadyAsync(context.RequestAborted)));
    }

    public void Dispose() => _turn.Dispose();

    private async Task<bool> IsReadyAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (_checkedAt is not { } at || time.GetElapsedTime(at) >= Validity)
            {
                _isReady = spool.FreeBytes > 0 && await queue.CountAsync(cancellationToken) is not null && await IsStoreAvailableAsync(cancellationToken);
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

    private static Task AnswerAsync(HttpContext context, bool isWell)
    {
        context.Response.StatusCode = isWell ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        context.Response.ContentType = "text/plain";
        return context.Response.WriteAsync(isWell ? "ok\n" : "not ready\n");
    }
}
