using System.Text.Json;
using CsvIngest.Datasets;
using CsvIngest.Settings;
using CsvIngest.Web.Pages;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace CsvIngest.Web;

/// <summary>Answers requests that fail: with <c>application/problem+json</c>, or with a page if a browser asks for one.</summary>
internal sealed class Problems(PageRenderer pages, ILogger<Problems> logger)
{
    /// <summary>Answers a request, whatever happens.</summary>
    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context);
            if (context.Response is { StatusCode: 404, HasStarted: false } && context.GetEndpoint() is null)
            {
                throw RequestException.NotFound("There is nothing at this address.");
            }

            if (context.Response is { StatusCode: 405, HasStarted: false })
            {
                throw new RequestException(405, "Method not allowed", $"This address does not accept {context.Request.Method}; expected {context.Response.Headers.Allow}.");
            }
        }
        catch (Exception failure) when (!context.Response.HasStarted)
        {
            if (context.RequestAborted.IsCancellationRequested)
            {
                return;
            }

            await AnswerAsync(context, Describe(context, failure));
        }
    }

    /// <summary>Whether a page is expected rather than JSON: browsers ask for HTML by name.</summary>
    public static bool WantsPage(HttpRequest request) => request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);

    private RequestException Describe(HttpContext context, Exception failure)
    {
        switch (failure)
        {
            case RequestException problem:
                return problem;
            case BadHttpRequestException bad:
                return new(bad.StatusCode, "Invalid request", FailureReason.Of(bad));
            case StoreUnavailableException or BrokerUnavailableException or DeniedException:
                context.Response.Headers.RetryAfter = "5";
                return new(503, "Server unavailable", FailureReason.Of(failure));
            case UsageException or DatasetException or ImportOptionsException:
                return RequestException.Invalid(FailureReason.InFull(failure));
            default:
                // Its message may contain a row's value.
                logger.RequestFailed(context.Request.Method, context.Request.Path, failure.GetType().Name);
                logger.FailureDetails(failure);
                return new(500, "Internal error", $"Internal error ({failure.GetType().Name}). The log of the program has details with --verbose. Please report it.");
        }
    }

    private async Task AnswerAsync(HttpContext context, RequestException problem)
    {
        context.Response.StatusCode = problem.Status;
        if (WantsPage(context.Request))
        {
            await pages.WriteAsync<ErrorPage>(context, new() { [nameof(ErrorPage.Problem)] = problem });
            return;
        }

        context.Response.ContentType = "application/problem+json";
        await JsonSerializer.SerializeAsync(
            context.Response.Body,
            new
            {
                type = "about:blank",
                title = problem.Title,
                status = problem.Status,
                detail = problem.Detail,
                import = problem.Import,
                location = problem.Import is { } id ? $"/api/imports/{id}" : null,
            },
            Json.Options,
            context.RequestAborted);
    }
}
