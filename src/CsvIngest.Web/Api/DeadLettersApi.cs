using System.Globalization;
using CsvIngest.Web.Imports;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CsvIngest.Web.Api;

/// <summary>The resources below <c>/api/dead-letters</c>.</summary>
internal sealed class DeadLettersApi(DeadLetterDesk desk)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/dead-letters", ListAsync);
        routes.MapPost("/api/dead-letters/replay", ReplayAsync);
        routes.MapPost("/api/dead-letters/purge", PurgeAsync);
    }

    private async Task ListAsync(HttpContext context)
    {
        var import = ImportOf(context.Request.Query["import"]);
        var list = await desk.ListAsync(context.RequestAborted);
        await Json.WriteAsync(context, new
        {
            readAt = list.ReadAt.UtcDateTime,
            count = list.CountOf(import),
            deadLetters = list.Letters.Where(letter => import is null || letter.Import == import),
        });
    }

    private async Task ReplayAsync(HttpContext context)
    {
        var import = ImportOf(await FieldAsync(context, "import"));
        var count = await desk.ReplayAsync(import, context.Connection.RemoteIpAddress?.ToString(), context.RequestAborted);
        await AnswerAsync(context, new { replayed = count }, $"replayed={count}");
    }

    private async Task PurgeAsync(HttpContext context)
    {
        var import = ImportOf(await FieldAsync(context, "import"));
        if (!int.TryParse(await FieldAsync(context, "count"), NumberStyles.None, CultureInfo.InvariantCulture, out var agreed))
        {
            throw RequestException.Invalid("count is missing: send how many dead letters are to be deleted, as GET /api/dead-letters counts them.");
        }

        var count = await desk.PurgeAsync(import, agreed, context.Connection.RemoteIpAddress?.ToString(), context.RequestAborted);
        await AnswerAsync(context, new { purged = count }, $"purged={count}");
    }

    private static async Task AnswerAsync(HttpContext context, object answer, string query)
    {
        if (Problems.WantsPage(context.Request))
        {
            context.Response.StatusCode = StatusCodes.Status303SeeOther;
            context.Response.Headers.Location = $"/dead-letters?{query}";
            return;
        }

        await Json.WriteAsync(context, answer);
    }

    private static async Task<string?> FieldAsync(HttpContext context, string name) =>
        context.Request.HasFormContentType && (await context.Request.ReadFormAsync(context.RequestAborted))[name] is { Count: > 0 } sent
            ? sent.ToString()
            : context.Request.Query[name].ToString();

    private static Guid? ImportOf(string? text) =>
        string.IsNullOrEmpty(text) ? null
        : Guid.TryParse(text, out var id) ? id
        : throw RequestException.Invalid("import is not an import ID.");
}
