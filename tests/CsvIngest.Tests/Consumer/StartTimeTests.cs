using System.Globalization;
using CsvIngest.Consumer.Status;
using CsvIngest.Settings;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Consumer;

public sealed class StartTimeTests
{
    private static readonly DateTimeOffset Now = new(2026, 6, 15, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("2026-06-01", "2026-06-01T00:00:00Z")]
    [InlineData("2026-06-01T08:30", "2026-06-01T08:30:00Z")]
    [InlineData("2026-06-01 08:30:15", "2026-06-01T08:30:15Z")]
    [InlineData("2026-06-01T08:30Z", "2026-06-01T08:30:00Z")]
    [InlineData("2026-06-01T08:30:00+02:00", "2026-06-01T06:30:00Z")]
    [InlineData("2d", "2026-06-13T12:00:00Z")]
    [InlineData("36h", "2026-06-14T00:00:00Z")]
    [InlineData("90m", "2026-06-15T10:30:00Z")]
    [InlineData("15s", "2026-06-15T11:59:45Z")]
    [InlineData("2w", "2026-06-01T12:00:00Z")]
    public void A_time_is_a_date_a_time_or_how_long_ago(string text, string expected) =>
        StartTime.Parse(text, Now).ShouldBe(DateTimeOffset.Parse(expected, CultureInfo.InvariantCulture));

    [Theory]
    [InlineData("")]
    [InlineData("d")]
    [InlineData("2")]
    [InlineData("-2d")]
    [InlineData("2 d")]
    [InlineData("2y")]
    [InlineData("999999999w")]
    [InlineData("99999999999d")]
    [InlineData("yesterday")]
    [InlineData("01.06.2026")]
    [InlineData("2026-02-30")]
    [InlineData("٢d")]
    public void Anything_else_is_rejected_with_examples(string text) =>
        Should.Throw<UsageException>(() => StartTime.Parse(text, Now)).Message.ShouldContain($"--since is \"{text}\"; expected a date");
}
