using System.Text.Json;
using System.Text.Json.Serialization;
using CsvIngest.Importing;

namespace CsvIngest.Producer.Reporting;

/// <summary>Renders what became of one file.</summary>
internal static class ImportSummary
{
    private static readonly SummaryJson Json = new(new JsonSerializerOptions(JsonSerializerDefaults.Web) { Encoder = DisplayJson.Encoder });

    /// <summary>One line of JSON.</summary>
    public static string ToJson(ImportResult result) => JsonSerializer.Serialize(
        new Summary(
            result.ImportId,
            result.Source,
            result.Dataset,
            result.RowsRead,
            result.RowsSent,
            result.RowsSentBefore,
            result.RowsRejected,
            result.RowsDuplicate,
            result.RowsUnchecked,
            result.Messages,
            result.Bytes,
            SecondsOf(result),
            result.RejectedPath,
            result.Check is not null,
            NameOf(result.Outcome)),
        Json.Summary);

    /// <summary>A few lines for people. The numbers add up.</summary>
    public static string ToText(ImportResult result, bool isDryRun)
    {
        if (result.Outcome == ImportOutcome.AlreadyDone)
        {
            return $"{Show(result.Source)}: already imported and unchanged since, import {result.ImportId}";
        }

        if (result.Outcome == ImportOutcome.Skipped)
        {
            var before = result.Before!;
            return $"{Show(result.Source)}: skipped, the same content was published on {before.ImportedAt:u} as {Show(before.Source)}, import {before.Import}";
        }

        var seconds = SecondsOf(result);
        var resumed = result.RowsConfirmedBefore > 0 ? $", resumed after row {result.RowsConfirmedBefore:N0}" : string.Empty;
        var files = result.ErrorsPath is null ? string.Empty : $": reasons in {Show(result.ErrorsPath)}, records in {Show(result.RejectedPath!)}";
        var lines = new List<string>
        {
            $"{Show(result.Source)}: {NameOf(result.Outcome)}, import {result.ImportId}{resumed}",
            $"  {result.RowsRead,12:N0} {Quantity.Noun(result.RowsRead, "row")} read in {seconds:N1} s ({result.RowsRead / Math.Max(seconds, 0.001):N0} rows/s)",
            $"  {result.RowsSent,12:N0} {(isDryRun ? "would have been sent" : Sent(result))}",
            $"  {result.RowsDuplicate,12:N0} duplicate (same key as an earlier line)",
            $"  {result.RowsRejected,12:N0} rejected{files}",
        };
        if (result.RowsRead - result.RowsSent - result.RowsDuplicate - result.RowsRejected is > 0 and var unsent)
        {
            lines.Insert(3, $"  {unsent,12:N0} not sent, or not confirmed");
        }

        if (result.RowsUnchecked > 0)
        {
            lines.Add($"  {result.RowsUnchecked,12:N0} accepted without an answer about the domain of the address");
        }

        if (result.Check is { } check)
        {
            lines.Add($"  The file was checked first: {check.Rows:N0} {(check.Rows == 1 ? "row" : "rows")}, {check.Rejected:N0} rejected.");
        }

        return string.Join(Environment.NewLine, lines);
    }

    // The other messages are the opening and the closing of the import.
    private static string Sent(ImportResult result)
    {
        var now = result.RowsSent - result.RowsSentBefore;
        var messages = now == 0 ? string.Empty : $" in {Quantity.Of(result.Messages, "message")}";
        return result.RowsConfirmedBefore == 0
            ? $"sent{messages}"
            : $"sent: {result.RowsSentBefore:N0} by earlier runs, {now:N0} by this run{messages}";
    }

    /// <summary>Where the file was moved to, as the end of a sentence; empty if it was not.</summary>
    public static string MovedTo(ImportResult result)
    {
        // A table of an archive is named after both.
        var wasTaken = Path.GetFileName(result.MovedTo) != result.Source.Split('/')[0];
        return result.MovedTo is null ? string.Empty : $"moved to {Show(result.MovedTo)}{(wasTaken ? " because its name was taken" : string.Empty)}";
    }

    private static string Show(string name) => DisplayText.OneLine(name);

    private static double SecondsOf(ImportResult result) => Math.Round(result.Elapsed.TotalSeconds, 3);

    private static string NameOf(ImportOutcome outcome) => outcome switch
    {
        ImportOutcome.Done => "done",
        ImportOutcome.AlreadyDone => "already-done",
        ImportOutcome.Skipped => "skipped",
        ImportOutcome.DryRun => "dry-run",
        ImportOutcome.Interrupted => "interrupted",
        _ => "failed",
    };
}

/// <summary>What became of one file, for other programs. The names of the members, in camel case, are part of the program's interface.</summary>
internal sealed record Summary(
    Guid? Import,
    string Source,
    string? Dataset,
    long RowsRead,
    long RowsSent,
    long RowsSentBefore,
    long RowsRejected,
    long RowsDuplicate,
    long RowsUnchecked,
    long Messages,
    long Bytes,
    double Seconds,
    string? RejectsFile,
    bool CheckedFirst,
    string Outcome);

/// <summary>Writes a <see cref="Summary"/>.</summary>
[JsonSerializable(typeof(Summary))]
internal sealed partial class SummaryJson : JsonSerializerContext;
