using System.Collections;

namespace CsvIngest.Hosting.Telemetry;

/// <summary>
/// What OpenTelemetry's environment variables ask for. Read before any of its assemblies is loaded: without a collector, telemetry costs
/// nothing.
/// </summary>
/// <param name="Traces">Whether spans are exported.</param>
/// <param name="Metrics">Whether metrics are exported.</param>
/// <param name="Defaults">Our values for the variables that are not set.</param>
internal sealed record TelemetrySettings(bool Traces, bool Metrics, IReadOnlyDictionary<string, string?> Defaults)
{
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private const string TracesEndpoint = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
    private const string MetricsEndpoint = "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT";

    /// <summary>The port that is registered for OTLP over gRPC.</summary>
    private const int GrpcPort = 4317;

    /// <summary>Reads the variables.</summary>
    /// <param name="environment">The environment variables.</param>
    /// <param name="ignored">Called with what is wrong with a variable. Telemetry is then off: no import fails for it.</param>
    /// <returns>Null if nothing is to be exported.</returns>
    public static TelemetrySettings? Read(IDictionary environment, Action<string> ignored)
    {
        var traces = Read(TracesEndpoint) ?? Read(Endpoint);
        var metrics = Read(MetricsEndpoint) ?? Read(Endpoint);
        var settings = new TelemetrySettings(
            traces is not null && Read("OTEL_TRACES_EXPORTER") != "none",
            metrics is not null && Read("OTEL_METRICS_EXPORTER") != "none",
            new Dictionary<string, string?>
            {
                // The specification's default is HTTP; that of the library is gRPC.
                ["OTEL_EXPORTER_OTLP_PROTOCOL"] = ProtocolOf(traces ?? metrics),
                // A span of a transaction has a link to each of its messages, and a prefetch may be as large as this. The library's 128 would
                // cut them off.
                ["OTEL_SPAN_LINK_COUNT_LIMIT"] = "65535",
                // An import of 0.3 s ends more spans than the library's 2,048 before it is ready to export the first.
                ["OTEL_BSP_MAX_QUEUE_SIZE"] = "16384",
            });
        if ((!settings.Traces && !settings.Metrics) || string.Equals(Read("OTEL_SDK_DISABLED"), "true", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        foreach (var name in new[] { Endpoint, TracesEndpoint, MetricsEndpoint })
        {
            // Without the value, which may contain a password.
            if (Read(name) is { } value && !IsAddress(value))
            {
                ignored($"{name} is not an address such as http://localhost:4318");
                return null;
            }
        }

        if (Read("OTEL_EXPORTER_OTLP_PROTOCOL") is { } protocol and not ("grpc" or "http/protobuf"))
        {
            ignored($"OTEL_EXPORTER_OTLP_PROTOCOL is {DisplayText.OneLine(protocol)}; expected http/protobuf or grpc");
            return null;
        }

        return settings;

        string? Read(string name) => environment[name] is string { Length: > 0 } value ? value : null;
    }

    private static bool IsAddress(string value) => Uri.TryCreate(value, UriKind.Absolute, out var address) && address.Scheme is "http" or "https";

    private static string ProtocolOf(string? endpoint) =>
        Uri.TryCreate(endpoint, UriKind.Absolute, out var address) && address.Port == GrpcPort ? "grpc" : "http/protobuf";
}
