using CsvIngest.Web.Imports;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CsvIngest.Web.Api;

/// <summary>The resource <c>/api/totals</c>: what <c>consumer totals</c> shows.</summary>
internal sealed class TotalsApi(TotalsList totals)
{
    /// <summary>How many totals a page has by default; a guess.</summary>
    private const int DefaultPage = 100;

    public void Map(IEndpointRouteBuilder routes) => routes.MapGet("/api/totals", ListAsync);

    private async Task ListAsync(HttpContext context)
    {
        var query = context.Request.Query;
        var part = await totals.ReadAsync(
            QueryValues.Text(query["dataset"]),
            [.. query["by"].OfType<string>()],
            QueryValues.Text(query["after"]),
            QueryValues.Limit(query, DefaultPage, TotalsList.MaxPage),
            context.RequestAborted);
        await Json.WriteAsync(context, part);
    }
}
