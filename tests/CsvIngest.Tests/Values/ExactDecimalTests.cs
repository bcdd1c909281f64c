using System.Globalization;
using CsvIngest.Tests.Harness;
using CsvIngest.Values;
using FsCheck;
using FsCheck.Fluent;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Values;

public sealed class ExactDecimalTests
{
    [Theory]
    [InlineData("0.1", "0.2", "0.3")]
    [InlineData("0.10", "0.2", "0.30")]
    [InlineData("1", "-1.00", "0.00")]
    [InlineData("-0.05", "0", "-0.05")]
    [InlineData("9223372036854775807", "1", "9223372036854775808")]
    [InlineData("99999999999999999999999999999999999999.99", "0.01", "100000000000000000000000000000000000000.00")]
    [InlineData("0.0000000000000000000000000000000000000001", "1", "1.0000000000000000000000000000000000000001")]
    public void A_sum_has_all_digits_of_its_summands(string left, string right, string sum) =>
        (ExactDecimal.Parse(left) + ExactDecimal.Parse(right)).ToString().ShouldBe(sum);

    [Fact]
    public void Sums_are_those_of_the_framework_where_it_is_exact() => Prop.ForAll<int, int, byte>((a, b, scales) =>
    {
        var (left, right) = (Scaled(a, scales % 9), Scaled(b, scales / 9 % 9));
        return (Exact(left) + Exact(right)).ToString() == Text(left + right) && Exact(left) + -Exact(left) == Exact(Scaled(0, scales % 9));
    }).Check(PropertyConfig.Of(1000));

    private static decimal Scaled(int digits, int scale) =>
        new((int)Math.Min(Math.Abs((long)digits), int.MaxValue), 0, 0, digits < 0, (byte)scale);

    private static ExactDecimal Exact(decimal value) => ExactDecimal.Parse(Text(value));

    private static string Text(decimal value) => Math.Abs(value) == 0 ? Math.Abs(value).ToString(CultureInfo.InvariantCulture) : value.ToString(CultureInfo.InvariantCulture);
}
