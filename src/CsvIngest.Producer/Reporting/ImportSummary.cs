using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace CsvIngest.Producer.Reporting;

/// <summary>What became of one file: <c>--json</c> prints it, and people see it at the end.</summary>
internal sealed record ImportSummary(
    Guid? Import,
    string Source,
    string Dataset,
    long RowsRead,
    long RowsSent,
    long RowsRejected,
    long RowsDuplicate,
    long Messages,
    long Bytes,
    double Seconds,
    string? RejectsFile,
    string Outcome)
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Where the reasons are; shown to people only.</summary>
    [JsonIgnore]
    public string? ErrorsFile { get; init; }

    /// <summary>Rows in confirmed messages; shown where an import ended early.</summary>
    [JsonIgnore]
    public long RowsConfirmed { get; init; }

    /// <summary>Whether the same command goes on where this import ended.</summary>
    [JsonIgnore]
    public bool IsResumable { get; init; }

    public string ToJson() => JsonSerializer.Serialize(this, Options);

    /// <summary>A few lines for people: they add up.</summary>
    public string ToText(bool dryRun)
    {
        var lines = new List<string>
        {
            $"{Source}: {Outcome}{(Import is null ? string.Empty : $", import {Import}")}",
            $"  {RowsRead,12:N0} rows read in {Seconds:N1} s ({RowsRead / Math.Max(Seconds, 0.001):N0} rows/s)",
            $"  {RowsSent,12:N0} {(dryRun ? "would have been sent" : $"sent in {Messages:N0} messages")}",
            $"  {RowsDuplicate,12:N0} duplicate (the key stands on an earlier line)",
            $"  {RowsRejected,12:N0} rejected{(ErrorsFile is null ? string.Empty : $": reasons in {ErrorsFile}, records in {RejectsFile}")}",
        };
        if (RowsRead - RowsSent - RowsDuplicate - RowsRejected is > 0 and var unsent)
        {
            lines.Insert(3, $"  {unsent,12:N0} not sent, or not confirmed");
        }

        return string.Join(Environment.NewLine, lines);
    }
}

/// <summary>The values of <see cref="ImportSummary.Outcome"/>.</summary>
internal static class Outcomes
{
    public const string Done = "done";
    public const string DryRun = "dry-run";
    public const string Failed = "failed";
    public const string Interrupted = "interrupted";
}
