using System.Globalization;
using CsvIngest.Store;
using CsvIngest.Web.Api;
using CsvIngest.Web.Imports;
using CsvIngest.Web.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace CsvIngest.Web.Pages;

/// <summary>The pages, and what they consist of.</summary>
internal sealed class SitePages(
    PageRenderer pages, Access access, ImportRegister register, DeadLetterDesk desk, TotalsList totals, DatasetChoice datasets, IStore store, WebOptions options,
    ILogger<SitePages> logger)
{
    /// <summary>How many rejected rows a page has; a guess: more take longer to look through than a search in the file.</summary>
    private const int RowsPerPage = 200;

    /// <summary>How many totals a page has; a guess, as for rejected rows.</summary>
    private const int TotalsPerPage = 200;

    /// <summary>How many imports a page has; a guess.</summary>
    private const int ImportsPerPage = 50;

    public void Map(IEndpointRouteBuilder routes)
    {
        MapAsset(routes, "app.css", "text/css; charset=utf-8");
        MapAsset(routes, "app.js", "text/javascript; charset=utf-8");
        MapAsset(routes, "favicon.svg", "image/svg+xml");
        MapAsset(routes, "openapi.json", "application/json");
        routes.MapGet("/", UploadPageAsync);
        routes.MapGet("/imports", ImportsPageAsync);
        routes.MapGet("/imports/{id:guid}", ImportPageAsync);
        routes.MapGet("/dead-letters", DeadLettersPageAsync);
        routes.MapGet("/totals", TotalsPageAsync);
        routes.MapGet("/login", context => pages.WriteAsync<LoginPage>(
            context, new() { [nameof(LoginPage.Next)] = LocalPath(context.Request.Query["next"]) }));
        routes.MapPost("/login", SignInAsync);
        routes.MapPost("/logout", SignOut);
    }

    private Task UploadPageAsync(HttpContext context) => pages.WriteAsync<UploadPage>(context, new()
    {
        [nameof(UploadPage.Datasets)] = datasets.All.Select(dataset => dataset.Name).ToList(),
        [nameof(UploadPage.MaxBytes)] = options.MaxUploadBytes,
        [nameof(UploadPage.Url)] = $"{context.Request.Scheme}://{context.Request.Host}",
    });

    private async Task ImportsPageAsync(HttpContext context)
    {
        var query = context.Request.Query;
        var search = QueryValues.Text(query["search"].ToString().Trim());
        var list = await register.ListAsync(search, QueryValues.Text(query["after"]), ImportsPerPage, context.RequestAborted);
        await pages.WriteAsync<ImportsPage>(context, new() { [nameof(ImportsPage.List)] = list, [nameof(ImportsPage.Search)] = search });
    }

    private async Task ImportPageAsync(HttpContext context)
    {
        var id = Guid.Parse((string)context.Request.RouteValues["id"]!);
        var import = await register.GetAsync(id, context.RequestAborted);
        _ = long.TryParse(context.Request.Query["after"], NumberStyles.None, CultureInfo.InvariantCulture, out var after);
        List<Rejection> rows = import.Books is null ? [] : await store.ReadRejectionsAsync(id, after, RowsPerPage + 1, context.RequestAborted).ToListAsync(context.RequestAborted);
        await pages.WriteAsync<ImportPage>(context, new()
        {
            [nameof(ImportPage.Import)] = import,
            [nameof(ImportPage.Datasets)] = datasets.All.ToList(),
            [nameof(ImportPage.Rejections)] = rows.Take(RowsPerPage).ToList(),
            [nameof(ImportPage.NextLine)] = rows.Count > RowsPerPage ? rows[RowsPerPage - 1].Line : null,
        });
    }

    private async Task DeadLettersPageAsync(HttpContext context)
    {
        var query = context.Request.Query;
        await pages.WriteAsync<DeadLettersPage>(context, new()
        {
            [nameof(DeadLettersPage.List)] = await desk.ListAsync(context.RequestAborted),
            [nameof(DeadLettersPage.Import)] = Guid.TryParse(query["import"], out var id) ? id : null,
            [nameof(DeadLettersPage.Note)] = int.TryParse(query["replayed"], out var replayed) ? $"{replayed} replayed."
                : int.TryParse(query["purged"], out var purged) ? $"{purged} deleted."
                : null,
        });
    }

    private async Task TotalsPageAsync(HttpContext context)
    {
        if (!datasets.HaveTotals)
        {
            throw RequestException.NotFound("No dataset defines totals.");
        }

        var query = context.Request.Query;
        var (dataset, by) = (QueryValues.Text(query["dataset"]), QueryValues.Text(query["by"]));
        await pages.WriteAsync<TotalsPage>(context, new()
        {
            [nameof(TotalsPage.Part)] = await totals.ReadAsync(
                dataset, by is null ? [] : [by], QueryValues.Text(query["after"]), TotalsPerPage, context.RequestAborted),
            [nameof(TotalsPage.Datasets)] = datasets.WithTotals.Select(each => each.Name).ToList(),
            [nameof(TotalsPage.Dataset)] = dataset,
            [nameof(TotalsPage.By)] = by,
        });
    }

    private async Task SignInAsync(HttpContext context)
    {
        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        var next = LocalPath(form["next"]);
        if (access.SignIn(form["token"].ToString()) is not { } session)
        {
            logger.WrongToken(context.Connection.RemoteIpAddress?.ToString());
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            await pages.WriteAsync<LoginPage>(context, new() { [nameof(LoginPage.Next)] = next, [nameof(LoginPage.IsWrong)] = true });
            return;
        }

        context.Response.Cookies.Append(Access.Cookie, session, new CookieOptions
        {
            HttpOnly = true,
            SameSite = SameSiteMode.Strict,
            // The browser knows what it spoke to, even if that was a proxy.
            Secure = context.Request.IsHttps || context.Request.Headers.Origin.ToString().StartsWith("https://", StringComparison.OrdinalIgnoreCase),
            Path = "/",
        });
        context.Response.StatusCode = StatusCodes.Status303SeeOther;
        context.Response.Headers.Location = next;
    }

    private Task SignOut(HttpContext context)
    {
        access.SignOut(context.Request);
        context.Response.Cookies.Delete(Access.Cookie);
        context.Response.StatusCode = StatusCodes.Status303SeeOther;
        context.Response.Headers.Location = "/login";
        return Task.CompletedTask;
    }

    /// <summary>A path of this site; the start page for anything else.</summary>
    private static string LocalPath(string? path) => path is ['/', ..] and not ['/', '/' or '\\', ..] && !path.Any(char.IsControl) ? path : "/";

    private static void MapAsset(IEndpointRouteBuilder routes, string name, string contentType)
    {
        using var stream = typeof(SitePages).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"{name} is not embedded in this program.");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        routes.MapGet("/" + name, context =>
        {
            context.Response.Headers.CacheControl = "no-cache";
            return Json.WriteAsync(context, bytes, contentType);
        });
    }
}
