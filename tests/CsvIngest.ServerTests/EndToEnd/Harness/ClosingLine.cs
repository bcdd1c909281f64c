using System.Globalization;
using System.Text.RegularExpressions;
using CsvIngest.Testing;
using Shouldly;

namespace CsvIngest.ServerTests.EndToEnd.Harness;

/// <summary>The message counts of the line that a consumer logs when it stops.</summary>
/// <param name="Redelivered">Delivered before.</param>
/// <param name="AlreadyApplied">Redelivered ones whose effects were in the database already.</param>
/// <param name="DeadLettered">Dead-lettered by the consumer itself.</param>
public sealed partial record ClosingLine(long Redelivered, long AlreadyApplied, long DeadLettered)
{
    public static ClosingLine Zero { get; } = new(0, 0, 0);

    public static ClosingLine operator +(ClosingLine one, ClosingLine other) => new(
        one.Redelivered + other.Redelivered, one.AlreadyApplied + other.AlreadyApplied, one.DeadLettered + other.DeadLettered);

    /// <summary>Reads the line from the output of a consumer that has ended.</summary>
    public static ClosingLine Of(ProgramResult consumer)
    {
        var line = Pattern().Match(consumer.Error);
        line.Success.ShouldBeTrue(consumer.ToString());
        return new ClosingLine(Number("redelivered"), Number("applied"), Number("dead"));

        long Number(string group) => long.Parse(line.Groups[group].Value, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(
        @"; messages: (?<redelivered>\d+) redelivered, (?<applied>\d+) of them already applied, (?<dead>\d+) dead-lettered",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Pattern();
}
