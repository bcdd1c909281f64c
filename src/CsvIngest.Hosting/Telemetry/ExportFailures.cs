using System.Diagnostics.Tracing;

namespace CsvIngest.Hosting.Telemetry;

/// <summary>Learns of the first export that fails. The SDK tells nobody else.</summary>
/// <param name="failed">Called once, on any thread.</param>
internal sealed class ExportFailures(Action failed) : EventListener
{
    private int _failures;

    /// <summary>Reports that an export has failed, unless one has failed before.</summary>
    public void Report()
    {
        if (Interlocked.Increment(ref _failures) == 1)
        {
            failed();
        }
    }

    /// <inheritdoc/>
    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == "OpenTelemetry-Exporter-OpenTelemetryProtocol")
        {
            EnableEvents(eventSource, EventLevel.Error);
        }
    }

    /// <inheritdoc/>
    protected override void OnEventWritten(EventWrittenEventArgs eventData) => Report();
}
