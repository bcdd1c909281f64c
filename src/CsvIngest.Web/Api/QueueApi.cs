using CsvIngest.Messages;
using CsvIngest.Web.Imports;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CsvIngest.Web.Api;

/// <summary>The resource <c>/api/queue</c>: how many messages wait, and how many consumers there are.</summary>
/// <param name="view">Counts them.</param>
/// <param name="broker">The broker.</param>
/// <param name="queue">The name of the queue.</param>
internal sealed class QueueApi(QueueView view, IBroker broker, string queue)
{
    public void Map(IEndpointRouteBuilder routes) => routes.MapGet("/api/queue", GetAsync);

    private async Task GetAsync(HttpContext context)
    {
        var count = await view.CountAsync(context.RequestAborted);
        await Json.WriteAsync(context, new
        {
            queue,
            broker = broker.DisplayAddress,
            countedAt = count.At,
            messagesWaiting = count.Lengths?.Messages,
            unsettled = count.Lengths?.Unsettled,
            consumers = count.Lengths?.Consumers,
            deadLetters = count.Lengths?.DeadLetters,
            count.Failure,
        });
    }
}
