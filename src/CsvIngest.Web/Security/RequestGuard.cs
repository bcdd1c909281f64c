using System.Net;
using Microsoft.AspNetCore.Http;

namespace CsvIngest.Web.Security;

/// <summary>
/// Lets only those requests through that are meant for this program and whose sender may make them. What it refuses is not read.
/// </summary>
internal sealed class RequestGuard(Access access)
{
    /// <summary>
    /// Nothing but what comes from this program is loaded, run or sent to; it is shown in no frame. The pages have no script or style inside.
    /// </summary>
    private const string ContentPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    private static readonly string[] ForwardedHeaders = ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Via"];

    /// <summary>What everybody may read: health for probes, and what the sign-in page consists of.</summary>
    private static readonly string[] Open = ["/livez", "/readyz", "/login", "/app.css", "/app.js", "/favicon.svg"];

    /// <summary>Checks a request.</summary>
    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        AddHeaders(context.Response.Headers);
        CheckHost(context.Request);
        CheckOrigin(context.Request);
        var role = access.RoleOf(context.Request);
        context.Items[typeof(Role)] = role;
        if (!Open.Contains(context.Request.Path.Value, StringComparer.Ordinal) && !IsAllowed(context, role))
        {
            return;
        }

        await next(context);
    }

    /// <summary>What the sender of a request may do.</summary>
    public static Role RoleOf(HttpContext context) => (Role)context.Items[typeof(Role)]!;

    private static void AddHeaders(IHeaderDictionary headers)
    {
        headers.ContentSecurityPolicy = ContentPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers.CacheControl = "no-store";
    }

    /// <summary>
    /// Without a token, whoever reaches the program is trusted. A browser on this machine reaches it for any page whose host name resolves to
    /// the loopback address, and a proxy on this machine for everybody.
    /// </summary>
    private void CheckHost(HttpRequest request)
    {
        if (access.IsRequired)
        {
            return;
        }

        if (!IsLoopback(request.Host.Host))
        {
            throw new RequestException(
                403, "Host not allowed",
                "Without a token, the program answers only to localhost and 127.0.0.1. Set CSVINGEST_WEB_TOKEN to reach it by another name.");
        }

        if (ForwardedHeaders.Any(request.Headers.ContainsKey))
        {
            throw new RequestException(
                403, "Proxy not allowed", "Without a token, the program does not answer to a proxy. Set CSVINGEST_WEB_TOKEN to use it behind one.");
        }
    }

    private static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    /// <summary>
    /// A browser tells where a request comes from. What another site has it send changes nothing here, whatever cookies or network it has.
    /// </summary>
    private static void CheckOrigin(HttpRequest request)
    {
        if (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method))
        {
            return;
        }

        var site = request.Headers["Sec-Fetch-Site"].ToString();
        var origin = request.Headers.Origin.ToString();
        var isOwn = site.Length > 0
            ? site is "same-origin" or "none"
            : origin.Length == 0 || origin.Equals($"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase);
        if (!isOwn)
        {
            throw new RequestException(403, "Request from another site", "This request comes from a page of another site. Use the pages of this program.");
        }
    }

    private static bool IsAllowed(HttpContext context, Role role)
    {
        var isChange = !HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method);
        if (role == Role.None)
        {
            if (!isChange && Problems.WantsPage(context.Request))
            {
                var next = context.Request.Path + context.Request.QueryString;
                context.Response.StatusCode = StatusCodes.Status303SeeOther;
                context.Response.Headers.Location = $"/login?next={Uri.EscapeDataString(next)}";
                return false;
            }

            context.Response.Headers.Connection = "close";
            context.Response.Headers.WWWAuthenticate = "Bearer";
            throw new RequestException(
                401, "Token required", "Send the token in the header \"Authorization: Bearer TOKEN\", or sign in at /login with a browser.");
        }

        // Whoever may look may also stop looking.
        if (isChange && role == Role.Read && context.Request.Path != "/logout")
        {
            context.Response.Headers.Connection = "close";
            throw new RequestException(403, "Read only", "This token allows looking only. Sign in with the other token to make changes.");
        }

        return true;
    }
}
