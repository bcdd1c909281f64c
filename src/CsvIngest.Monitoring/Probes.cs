using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CsvIngest.Monitoring;

/// <summary>
/// Health, for probes: anybody may ask, and learns nothing but yes or no. <c>/livez</c> looks at nothing, so that an unavailable server
/// restarts no program; <c>/readyz</c> looks at what the program needs.
/// </summary>
public static class Probes
{
    /// <summary>Answers the probes.</summary>
    /// <param name="isReady">Whether everything that the program needs is available.</param>
    public static void Map(IEndpointRouteBuilder routes, Func<CancellationToken, Task<bool>> isReady)
    {
        routes.MapGet("/livez", context => AnswerAsync(context, isWell: true));
        routes.MapGet("/readyz", async context => await AnswerAsync(context, await isReady(context.RequestAborted)));
    }

    private static Task AnswerAsync(HttpContext context, bool isWell)
    {
        context.Response.StatusCode = isWell ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        context.Response.ContentType = "text/plain";
        return context.Response.WriteAsync(isWell ? "ok\n" : "not ready\n");
    }
}
