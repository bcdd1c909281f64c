using System.Diagnostics;

namespace CsvIngest.Telemetry;

/// <summary>The span that has sent a message, in the form of W3C Trace Context. It travels beside the body, never in it: a slice is what its rows are.</summary>
public static class TraceParent
{
    /// <summary>The name of the header, as the specification has it.</summary>
    public const string Header = "traceparent";

    /// <summary>The value if it is one that can be continued; otherwise null. Anybody may send anything under that name.</summary>
    public static string? Accept(string? value) => Parse(value) is null ? null : value;

    internal static ActivityContext? Parse(string? value) =>
        ActivityContext.TryParse(value, traceState: null, isRemote: true, out var context) ? context : null;
}
