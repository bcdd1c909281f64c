using System.Collections;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using CsvIngest.Telemetry;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace CsvIngest.Hosting.Telemetry;

/// <summary>Exports spans and metrics by OTLP while a command runs. Its first use loads the assemblies of OpenTelemetry.</summary>
internal sealed class TelemetryExport : IAsyncDisposable
{
    /// <summary>
    /// How long the last export may take, spans and metrics together. 2 s, a guess: a collector on the same network takes milliseconds, and
    /// a program that is done must not wait for one that is gone.
    /// </summary>
    private static readonly TimeSpan LastExport = TimeSpan.FromSeconds(2);

    private readonly OpenTelemetrySdk _sdk;
    private readonly TelemetrySettings _settings;
    private readonly ExportFailures _failures;

    private TelemetryExport(OpenTelemetrySdk sdk, TelemetrySettings settings, ExportFailures failures) =>
        (_sdk, _settings, _failures) = (sdk, settings, failures);

    /// <summary>Starts to export if the environment says so.</summary>
    /// <param name="program">The name of the program.</param>
    /// <param name="drivers">The names under which the drivers of servers have spans and metrics of their own.</param>
    /// <param name="environment">The environment variables.</param>
    /// <param name="logger">Learns what is wrong with the variables, or with the collector.</param>
    /// <returns>Null if nothing is exported.</returns>
    public static IAsyncDisposable? Start(string program, IReadOnlyList<string> drivers, IDictionary environment, ILogger logger) =>
        TelemetrySettings.Read(environment, reason => logger.TelemetryIgnored(reason)) is { } settings
            ? Start(program, drivers, environment, settings, logger)
            : null;

    /// <summary>Exports what is left. A collector that is gone costs no more than <see cref="LastExport"/>, and no exit code.</summary>
    public async ValueTask DisposeAsync()
    {
        // Side by side: each of them waits for the collector.
        var shutdowns = new List<Task<bool>>();
        if (_settings.Traces)
        {
            shutdowns.Add(Task.Run(() => _sdk.TracerProvider.Shutdown((int)LastExport.TotalMilliseconds)));
        }

        if (_settings.Metrics)
        {
            shutdowns.Add(Task.Run(() => _sdk.MeterProvider.Shutdown((int)LastExport.TotalMilliseconds)));
        }

        try
        {
            // Not the library's timeout alone: the last export of metrics does not know it.
            if (Array.TrueForAll(await Task.WhenAll(shutdowns).WaitAsync(LastExport), isExported => isExported))
            {
                _sdk.Dispose();
            }
            else
            {
                _failures.Report();
            }
        }
        catch (TimeoutException)
        {
            // The threads that still wait end with the process.
            _failures.Report();
        }

        _failures.Dispose();
    }

    // A method of its own, compiled only when it is called: the one above runs in every program.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static TelemetryExport Start(
        string program, IReadOnlyList<string> drivers, IDictionary environment, TelemetrySettings settings, ILogger logger)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Defaults)
            .AddInMemoryCollection(
                from DictionaryEntry variable in environment
                where variable.Value is string { Length: > 0 } && ((string)variable.Key).StartsWith("OTEL_", StringComparison.Ordinal)
                select KeyValuePair.Create((string)variable.Key, (string?)variable.Value))
            // Drivers put what a server says into events, and a server quotes values. We have no events of our own.
            .AddInMemoryCollection([KeyValuePair.Create("OTEL_SPAN_EVENT_COUNT_LIMIT", (string?)"0")])
            .Build();
        var failures = new ExportFailures(logger.TelemetryNotExported);
        var sdk = OpenTelemetrySdk.Create(builder =>
        {
            builder.Services.AddSingleton<IConfiguration>(configuration);
            builder.ConfigureResource(resource => ProgramResource.Describe(resource, program));
            if (settings.Traces)
            {
                builder.WithTracing(traces => traces.AddSource([Instruments.Name, .. drivers]).AddProcessor(new WithoutDescription()));
            }

            if (settings.Metrics)
            {
                builder.WithMetrics(metrics => metrics.AddMeter([Instruments.Name, .. drivers]));
            }

            builder.UseOtlpExporter();
        });
        // They start when they are asked for.
        _ = (settings.Traces ? sdk.TracerProvider : null, settings.Metrics ? sdk.MeterProvider : null);
        return new TelemetryExport(sdk, settings, failures);
    }

    /// <summary>Takes the description from the status of failed spans: drivers put the message of an exception there.</summary>
    private sealed class WithoutDescription : BaseProcessor<Activity>
    {
        public override void OnEnd(Activity data) => data.SetStatus(data.Status);
    }
}
