using CsvIngest.Values;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Values;

public sealed class TimestampsTests
{
    private const string TimestampForm = "expected yyyy-MM-ddThh:mm:ss with Z or an offset such as +02:00";

    [Theory]
    [InlineData("2024-05-01T10:20:30Z", "2024-05-01T10:20:30Z")]
    [InlineData("2024-05-01 10:20:30", "2024-05-01T10:20:30Z")]
    [InlineData("2024-05-01t10:20z", "2024-05-01T10:20:00Z")]
    [InlineData("2024-05-01", "2024-05-01T00:00:00Z")]
    [InlineData(" 2024-05-01 10:20 ", "2024-05-01T10:20:00Z")]
    [InlineData("2024-05-01T10:20:30.5Z", "2024-05-01T10:20:30.5Z")]
    [InlineData("2024-05-01T10:20:30.123456Z", "2024-05-01T10:20:30.123456Z")]
    [InlineData("2024-05-01T10:20:30.120000000Z", "2024-05-01T10:20:30.12Z")]
    [InlineData("2024-05-01T10:20:30.000Z", "2024-05-01T10:20:30Z")]
    [InlineData("2024-05-01T00:20:30+02:00", "2024-04-30T22:20:30Z")]
    [InlineData("2024-05-01 00:20:30 +0200", "2024-04-30T22:20:30Z")]
    [InlineData("2024-05-01T00:20:30.25-05", "2024-05-01T05:20:30.25Z")]
    [InlineData("2024-05-01T00:20:30-00:00", "2024-05-01T00:20:30Z")]
    [InlineData("2024-02-29T23:59:59+05:45", "2024-02-29T18:14:59Z")]
    [InlineData("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z")]
    public void Timestamps_become_UTC(string value, string expected)
    {
        Canonical.FormOrReason(ColumnType.Timestamp, value).ShouldBe(expected);
        Canonical.FormOrReason(ColumnType.Timestamp, expected).ShouldBe(expected);
    }

    [Theory]
    [InlineData("2024-05-01T10:20:30.1234567Z", "more precise than a microsecond")]
    [InlineData("2024-05-01T10:20:60Z", "hour, minute or second out of range")]
    [InlineData("2024-05-01T24:00:00Z", "hour, minute or second out of range")]
    [InlineData("2024-02-30T10:00:00Z", "year, month or day out of range")]
    [InlineData("2023-02-29", "year, month or day out of range")]
    [InlineData("0000-01-01", "year, month or day out of range")]
    [InlineData("2024-05-01T10:20:30+14:01", "UTC offset out of range")]
    [InlineData("2024-05-01T10:20:30+01:60", "UTC offset out of range")]
    [InlineData("0001-01-01T00:00:00+01:00", "outside the years 0001 to 9999 in UTC")]
    [InlineData("9999-12-31T23:59:59-01:00", "outside the years 0001 to 9999 in UTC")]
    [InlineData("01/02/2024 10:00", $"ambiguous order of day and month; {TimestampForm}")]
    [InlineData("1.2.2024", $"ambiguous order of day and month; {TimestampForm}")]
    [InlineData("2024-05-01T10", TimestampForm)]
    [InlineData("2024-05-01T10:20:", TimestampForm)]
    [InlineData("2024-05-01T10:20:30.", TimestampForm)]
    [InlineData("2024-05-01T10:20:30.Z", TimestampForm)]
    [InlineData("2024-05-01T10:20:30X", TimestampForm)]
    [InlineData("2024-05-01T10:20:30 CET", TimestampForm)]
    [InlineData("2024-05-01X10:20:30", TimestampForm)]
    [InlineData("2024-5-1", TimestampForm)]
    [InlineData("yesterday", TimestampForm)]
    [InlineData("1714550400", TimestampForm)]
    public void Invalid_timestamps_are_rejected(string value, string detail)
    {
        var reason = Canonical.Of(ColumnType.Timestamp, value).RejectReason.ShouldNotBeNull();
        reason.Reason.ShouldBe($"not a timestamp ({detail})");
        reason.Code.ShouldBe(RejectCodes.InvalidTimestamp);
    }

    [Fact]
    public void A_NUL_between_date_and_time_is_not_a_space() =>
        Canonical.Of(ColumnType.Timestamp, "2024-05-01\010:20:30Z").RejectReason!.Code.ShouldBe(RejectCodes.ForbiddenCharacter);

    [Theory]
    [InlineData("2024-02-29", "2024-02-29")]
    [InlineData("\t0001-01-01 ", "0001-01-01")]
    [InlineData("9999-12-31", "9999-12-31")]
    public void Dates_are_unchanged(string value, string expected) =>
        Canonical.FormOrReason(ColumnType.Date, value).ShouldBe(expected);

    [Theory]
    [InlineData("01/02/2024", "ambiguous order of day and month; expected yyyy-MM-dd")]
    [InlineData("1-2-24", "ambiguous order of day and month; expected yyyy-MM-dd")]
    [InlineData("01.02.2024", "ambiguous order of day and month; expected yyyy-MM-dd")]
    [InlineData("2024/02/01", "expected yyyy-MM-dd")]
    [InlineData("20240201", "expected yyyy-MM-dd")]
    [InlineData("2024-02-01T00:00:00Z", "expected yyyy-MM-dd")]
    [InlineData("1 May 2024", "expected yyyy-MM-dd")]
    [InlineData("2024-13-01", "year, month or day out of range")]
    [InlineData("2024-04-31", "year, month or day out of range")]
    public void Invalid_dates_are_rejected(string value, string detail)
    {
        var reason = Canonical.Of(ColumnType.Date, value).RejectReason.ShouldNotBeNull();
        reason.Reason.ShouldBe($"not a date ({detail})");
        reason.Code.ShouldBe(RejectCodes.InvalidDate);
    }
}
