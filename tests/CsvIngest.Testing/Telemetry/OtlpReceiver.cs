using System.Collections.Concurrent;
using System.Text;
using CsvIngest.Testing.Otlp;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace CsvIngest.Testing;

/// <summary>A collector: receives OTLP over HTTP, and keeps it.</summary>
public sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<byte[]> _traces = new();
    private readonly ConcurrentQueue<byte[]> _metrics = new();

    private OtlpReceiver()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRoutingCore();
        _app = builder.Build();
        _app.UseRouting();
        _app.MapPost("/v1/traces", context => KeepAsync(context, _traces));
        _app.MapPost("/v1/metrics", context => KeepAsync(context, _metrics));
    }

    /// <summary>The variables that have a program export to here.</summary>
    public IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string> { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = _app.Urls.First() };

    /// <summary>Every span.</summary>
    public IReadOnlyList<Span> Spans =>
        [.. _traces.SelectMany(body => TracesRequest.Parser.ParseFrom(body).ResourceSpans).SelectMany(resource => resource.ScopeSpans).SelectMany(scope => scope.Spans)];

    /// <summary>The spans of a name.</summary>
    public IReadOnlyList<Span> SpansOf(string name) => [.. Spans.Where(span => span.Name == name)];

    /// <summary>The last state of every metric of every program, by the program's name.</summary>
    public IReadOnlyList<(string Program, Metric Metric)> Metrics =>
    [
        .. from body in _metrics
           from resource in MetricsRequest.Parser.ParseFrom(body).ResourceMetrics
           from scope in resource.ScopeMetrics
           from metric in scope.Metrics
           group metric by (Instance: resource.Resource.Text("service.instance.id"), Program: resource.Resource.Text("service.name"), metric.Name) into states
           // They are cumulative.
           select (states.Key.Program, states.Last()),
    ];

    /// <summary>The sum of the points of a counter that have an attribute of this value, over all programs.</summary>
    public long Total(string metric, string attribute, string value) => Metrics
        .Where(each => each.Metric.Name == metric)
        .SelectMany(each => each.Metric.Sum.DataPoints)
        .Where(point => point.Attributes.Text(attribute) == value)
        .Sum(point => point.AsInt);

    /// <summary>Everything that was received, as one text in which bytes that are not ASCII are lost.</summary>
    public string AllBytes => string.Join('\n', _traces.Concat(_metrics).Select(Encoding.Latin1.GetString));

    /// <summary>Starts it.</summary>
    public static async Task<OtlpReceiver> StartAsync()
    {
        var receiver = new OtlpReceiver();
        await receiver._app.StartAsync();
        return receiver;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static async Task KeepAsync(HttpContext context, ConcurrentQueue<byte[]> bodies)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        bodies.Enqueue(body.ToArray());
        context.Response.ContentType = "application/x-protobuf";
    }
}

/// <summary>Attributes by their names.</summary>
public static class OtlpAttributes
{
    /// <summary>The text of an attribute; empty if there is none.</summary>
    public static string Text(this IEnumerable<KeyValue> attributes, string key) =>
        attributes.FirstOrDefault(attribute => attribute.Key == key)?.Value.StringValue ?? "";

    /// <inheritdoc cref="Text(IEnumerable{KeyValue}, string)"/>
    public static string Text(this Resource resource, string key) => resource.Attributes.Text(key);
}
