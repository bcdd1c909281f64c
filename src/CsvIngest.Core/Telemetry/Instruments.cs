using System.Diagnostics;
using System.Diagnostics.Metrics;
using CsvIngest.Store;
using CsvIngest.Values;

namespace CsvIngest.Telemetry;

/// <summary>
/// The sources of spans and metrics, by the names of OpenTelemetry's conventions. They cost nothing while nobody listens, and hold no value of
/// a row, no name of a file or an import, and no address. docs/telemetry.md lists all of them; a test compares the two.
/// </summary>
public static class Instruments
{
    /// <summary>The name of the source of spans and of the meter.</summary>
    public const string Name = "CsvIngest";

    /// <summary>Spans.</summary>
    public static ActivitySource Source { get; } = new(Name);

    /// <summary>Metrics.</summary>
    public static Meter Meter { get; } = new(Name);

    private static Counter<long> Rows { get; } = Meter.CreateCounter<long>("csvingest.rows", "{row}", "Rows that the database has stored the fate of");

    /// <summary>Starts the span of an import, or of an upload.</summary>
    /// <param name="name">The name of the span.</param>
    /// <param name="kind">Who begins it.</param>
    /// <param name="traceParent">The span that it continues, in the form of W3C Trace Context; a new trace if null or not valid.</param>
    /// <returns>Null while nobody listens.</returns>
    public static Activity? Start(string name, ActivityKind kind, string? traceParent)
    {
        if (!Source.HasListeners())
        {
            return null;
        }

        // Only the caller decides what is continued, not what a framework has begun.
        Activity.Current = null;
        return Source.StartActivity(name, kind, TraceParent.Parse(traceParent) ?? default);
    }

    /// <summary>Marks a span as failed. What the failure says stays out: it may quote a value or an address.</summary>
    /// <param name="span">The span; null while nobody listens.</param>
    /// <param name="reason">A stable code, or the name of a type.</param>
    public static void Fail(this Activity? span, string reason) => span?.SetStatus(ActivityStatusCode.Error).SetTag(Tags.ErrorType, reason);

    /// <summary>Counts the rows of a part that was applied just now; those of a redelivery were counted before.</summary>
    /// <param name="part">The part.</param>
    /// <param name="outcome">What became of it.</param>
    public static void CountRows(ImportPart part, PartOutcome outcome)
    {
        if (!Rows.Enabled || outcome.Kind != PartOutcomeKind.Applied || part is not SlicePart slice)
        {
            return;
        }

        var dataset = slice.Dataset.Name;
        Count(outcome.Inserted, dataset, "inserted");
        Count(outcome.Duplicate, dataset, "duplicate");
        foreach (var (code, rows) in slice.Rejections.CountBy(rejection => RejectCodes.All.Contains(rejection.Code) ? rejection.Code : "other"))
        {
            Count(rows, dataset, "rejected", code);
        }

        Count(outcome.Rejected - slice.Rejections.Count, dataset, "rejected", RejectCodes.DatabaseRejected);
    }

    private static void Count(long rows, string dataset, string fate, string? code = null)
    {
        if (rows == 0)
        {
            return;
        }

        var tags = new TagList { { Tags.Dataset, dataset }, { Tags.Fate, fate } };
        if (code is not null)
        {
            tags.Add(Tags.Code, code);
        }

        Rows.Add(rows, tags);
    }
}
