using System.Text;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace CsvIngest.Web.Pages;

/// <summary>Renders pages on the server, as a whole: they are documents, and work without a script.</summary>
internal sealed class PageRenderer(IServiceProvider services, DatasetChoice datasets, ILoggerFactory loggers)
{
    /// <summary>Writes a page as the answer to a request.</summary>
    /// <typeparam name="TPage">The page.</typeparam>
    /// <param name="context">The request.</param>
    /// <param name="parameters">The parameters of the page.</param>
    public async Task WriteAsync<TPage>(HttpContext context, Dictionary<string, object?> parameters)
        where TPage : IComponent
    {
        await using var renderer = new HtmlRenderer(services, loggers);
        parameters[nameof(Page.Request)] = PageRequest.Of(context, datasets.HaveTotals);
        var html = await renderer.Dispatcher.InvokeAsync(async () =>
            (await renderer.RenderComponentAsync<TPage>(ParameterView.FromDictionary(parameters))).ToHtmlString());
        await Json.WriteAsync(context, Encoding.UTF8.GetBytes("<!DOCTYPE html>\n" + html), "text/html; charset=utf-8");
    }
}
