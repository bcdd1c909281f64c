using System.Reflection;
using OpenTelemetry.Resources;

namespace CsvIngest.Hosting.Telemetry;

/// <summary>How a program describes itself to those who collect its telemetry.</summary>
public static class ProgramResource
{
    /// <summary>
    /// Adds the name (<c>csvingest-consumer</c>), the version and an ID of this run. OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES take
    /// precedence. The command line is left out: it has names of files.
    /// </summary>
    public static void Describe(ResourceBuilder resource, string program) => resource
        .Clear()
        .AddService(
            $"csvingest-{program}",
            serviceVersion: Assembly.GetEntryAssembly()?.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion)
        .AddTelemetrySdk()
        .AddEnvironmentVariableDetector();
}
