using CsvIngest.Web.Security;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http;

namespace CsvIngest.Web.Pages;

/// <summary>What all pages know.</summary>
public abstract class Page : ComponentBase
{
    /// <summary>The request that the page answers.</summary>
    [Parameter]
    [EditorRequired]
    public PageRequest Request { get; set; } = null!;
}

/// <summary>What a page knows of the request that it answers.</summary>
/// <param name="Path">The path of the page.</param>
/// <param name="MayChange">Whether whoever sent it may make changes.</param>
/// <param name="IsSignedIn">Whether whoever sent it has signed in.</param>
/// <param name="HasTotals">Whether there are totals to look at.</param>
public sealed record PageRequest(string Path, bool MayChange, bool IsSignedIn, bool HasTotals)
{
    internal static PageRequest Of(HttpContext context, bool hasTotals) => new(
        context.Request.Path,
        context.Items.TryGetValue(typeof(Role), out var role) && role is Role.Full,
        context.Request.Cookies.ContainsKey(Access.Cookie),
        hasTotals);
}
