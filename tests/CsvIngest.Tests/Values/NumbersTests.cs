using CsvIngest.Values;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Values;

public sealed class NumbersTests
{
    [Theory]
    [InlineData("0", "0")]
    [InlineData("-0", "0")]
    [InlineData("+7", "7")]
    [InlineData(" 007 ", "7")]
    [InlineData("-00120", "-120")]
    [InlineData("9223372036854775807", "9223372036854775807")]
    [InlineData("-9223372036854775808", "-9223372036854775808")]
    [InlineData("00000000000000000000000000001", "1")]
    public void Integers_lose_their_plus_and_leading_zeros(string value, string expected) =>
        Canonical.FormOrReason(ColumnType.Integer, value).ShouldBe(expected);

    [Theory]
    [InlineData("9223372036854775808", "outside the 64-bit range")]
    [InlineData("-9223372036854775809", "outside the 64-bit range")]
    [InlineData("100000000000000000000000", "outside the 64-bit range")]
    [InlineData("1.0", "contains a decimal point")]
    [InlineData("1e3", "exponent; digits may have been lost")]
    [InlineData("1,000", "thousands separator or decimal comma; write 1234")]
    [InlineData("1 000", "thousands separator or decimal comma; write 1234")]
    [InlineData("1\u00A0000", "contains characters other than digits")]
    [InlineData("+", "no digits")]
    [InlineData("--1", "contains characters other than digits")]
    [InlineData("- 1", "thousands separator or decimal comma; write 1234")]
    [InlineData("n/a", "contains characters other than digits")]
    [InlineData("\u0661\u0662", "contains characters other than digits")]
    [InlineData("0x1F", "contains characters other than digits")]
    public void Invalid_integers_are_rejected(string value, string detail)
    {
        var reason = Canonical.Of(ColumnType.Integer, value).RejectReason.ShouldNotBeNull();
        reason.Reason.ShouldBe($"not a whole number ({detail})");
        reason.Code.ShouldBe(RejectCodes.InvalidNumber);
    }

    [Theory]
    [InlineData("12.50", "12.50")]
    [InlineData("+12.50", "12.50")]
    [InlineData("012", "12")]
    [InlineData(".5", "0.5")]
    [InlineData("-.5", "-0.5")]
    [InlineData("5.", "5")]
    [InlineData("-0.00", "0.00")]
    [InlineData("-0", "0")]
    [InlineData("-0.001", "-0.001")]
    [InlineData("000.10", "0.10")]
    [InlineData("123456789012345678901234567890.123456789", "123456789012345678901234567890.123456789")]
    public void Decimals_keep_their_scale(string value, string expected) =>
        Canonical.FormOrReason(ColumnType.Decimal, value).ShouldBe(expected);

    [Theory]
    [InlineData("1,50", "thousands separator or decimal comma; write 1234.56")]
    [InlineData("1,234.56", "thousands separator or decimal comma; write 1234.56")]
    [InlineData("1'234.56", "thousands separator or decimal comma; write 1234.56")]
    [InlineData("1.234.56", "more than one decimal point")]
    [InlineData("1.5E+3", "exponent; digits may have been lost")]
    [InlineData(".", "contains characters other than digits")]
    [InlineData("-", "no digits")]
    [InlineData("€5", "contains characters other than digits")]
    [InlineData("NaN", "contains characters other than digits")]
    public void Invalid_decimals_are_rejected(string value, string detail)
    {
        var reason = Canonical.Of(ColumnType.Decimal, value).RejectReason.ShouldNotBeNull();
        reason.Reason.ShouldBe($"not a decimal number ({detail})");
        reason.Code.ShouldBe(RejectCodes.InvalidNumber);
    }

    [Fact]
    public void A_decimal_has_at_most_a_thousand_digits()
    {
        var longest = new string('9', 1000);
        Canonical.Of(ColumnType.Decimal, longest).Form.ShouldBe(longest);
        Canonical.Of(ColumnType.Decimal, $"{longest}.5").RejectReason!.Reason.ShouldBe("not a decimal number (more than 1000 digits)");
        Canonical.Of(ColumnType.Decimal, $"{new string('0', 5000)}1").Form.ShouldBe("1");
    }
}
