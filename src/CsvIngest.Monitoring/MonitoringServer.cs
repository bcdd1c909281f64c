using System.Diagnostics.Metrics;
using CsvIngest.Hosting.Telemetry;
using CsvIngest.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace CsvIngest.Monitoring;

/// <summary>
/// Answers those who watch a program that is not a web server: probes, and scrapes of Prometheus. They need no token, which is why it listens
/// on ports of its own.
/// </summary>
public sealed class MonitoringServer : IAsyncDisposable
{
    private const string Count = ".count";

    private readonly List<IAsyncDisposable> _parts = [];

    private MonitoringServer()
    {
    }

    /// <summary>Starts to listen.</summary>
    /// <param name="options">What to answer, and where.</param>
    /// <param name="isReady">Whether everything that the program needs is available.</param>
    /// <param name="loggers">The log.</param>
    /// <exception cref="IOException">A port is in use, or may not be used.</exception>
    public static async Task<IAsyncDisposable> StartAsync(MonitoringOptions options, Func<bool> isReady, ILoggerFactory loggers)
    {
        var server = new MonitoringServer();
        try
        {
            (ListenAddress? Address, Action<IEndpointRouteBuilder> Map)[] services =
            [
                (options.Health, routes => Probes.Map(routes, _ => Task.FromResult(isReady()))),
                (options.Metrics, routes => server.MapMetrics(routes, options)),
            ];
            // Both may be on one port, unless each is to have a free one.
            foreach (var group in services.Where(service => service.Address is not null)
                .GroupBy(service => service.Address!.Port == 0 ? service.Address : service.Address with { Option = "", Text = "" }))
            {
                await server.ListenAsync(group.First().Address!, [.. group.Select(service => service.Map)], loggers);
            }

            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Stops listening.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var part in Enumerable.Reverse(_parts))
        {
            await part.DisposeAsync();
        }
    }

    private async Task ListenAsync(ListenAddress address, IReadOnlyList<Action<IEndpointRouteBuilder>> services, ILoggerFactory loggers)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // Nobody sends anything.
            kestrel.Limits.MaxRequestBodySize = 0;
            address.Apply(kestrel);
        });
        builder.Services.AddRoutingCore().AddSingleton(loggers).AddSingleton<IHostLifetime, TokenLifetime>();
        var app = builder.Build();
        _parts.Add(app);
        app.UseRouting();
        foreach (var map in services)
        {
            map(app);
        }

        await address.StartAsync(app.StartAsync);
        loggers.CreateLogger<MonitoringServer>().Listening(
            address.Option, app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
    }

    private void MapMetrics(IEndpointRouteBuilder routes, MonitoringOptions options)
    {
        var metrics = Sdk.CreateMeterProviderBuilder()
            .ConfigureResource(resource => ProgramResource.Describe(resource, options.Program))
            .AddMeter([Instruments.Name, .. options.Drivers])
            .AddView(WithoutReservedName)
            .AddPrometheusExporter()
            .Build();
        _parts.Add(new Disposal(metrics));
        routes.MapPrometheusScrapingEndpoint("/metrics", metrics, configureBranchedPipeline: null, optionsName: null);
    }

    // Prometheus reserves names that end so for the parts of histograms: a driver's connection.count becomes connections.
    private static MetricStreamConfiguration? WithoutReservedName(Instrument instrument) =>
        instrument.Name.EndsWith(Count, StringComparison.Ordinal)
            ? new MetricStreamConfiguration { Name = $"{instrument.Name[..^Count.Length]}s" }
            : null;

    private sealed class Disposal(IDisposable disposable) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            disposable.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
