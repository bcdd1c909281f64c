using System.Globalization;
using System.Text.RegularExpressions;
using CsvIngest.Testing;
using Shouldly;

namespace CsvIngest.ServerTests.EndToEnd;

/// <summary>What consumers say when they stop, of messages.</summary>
/// <param name="Redelivered">Came again.</param>
/// <param name="AlreadyApplied">Of those: their effects were in the database.</param>
/// <param name="DeadLettered">By the consumers themselves.</param>
public sealed partial record ClosingLine(long Redelivered, long AlreadyApplied, long DeadLettered)
{
    public static ClosingLine Zero { get; } = new(0, 0, 0);

    public static ClosingLine operator +(ClosingLine one, ClosingLine other) => new(
        one.Redelivered + other.Redelivered, one.AlreadyApplied + other.AlreadyApplied, one.DeadLettered + other.DeadLettered);

    /// <summary>Reads it from a consumer that has ended.</summary>
    public static ClosingLine Of(ProgramResult consumer)
    {
        var said = Pattern().Match(consumer.Error);
        said.Success.ShouldBeTrue(consumer.ToString());
        return new ClosingLine(Number("redelivered"), Number("applied"), Number("dead"));

        long Number(string group) => long.Parse(said.Groups[group].Value, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(
        @"; (?<redelivered>\d+) messages redelivered, (?<applied>\d+) of them already applied; (?<dead>\d+) dead-lettered",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Pattern();
}
