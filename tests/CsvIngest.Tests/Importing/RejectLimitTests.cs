using CsvIngest.Producer.Importing;
using CsvIngest.Settings;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Importing;

public sealed class RejectLimitTests
{
    [Theory]
    [InlineData("10", 10, 500, false, false)]
    [InlineData("10", 11, 500, false, true)]
    [InlineData("0", 1, 1, false, true)]
    [InlineData("5%", 500, 500, false, false)] // too early to say
    [InlineData("5%", 50, 1000, false, false)]
    [InlineData("5%", 51, 1000, false, true)]
    [InlineData("5%", 1, 10, true, true)] // the whole file
    [InlineData("0.1%", 2, 1000, false, true)]
    public void A_limit_is_passed_by_more_rows_than_it_allows(string limit, long rejected, long read, bool atEnd, bool passed) =>
        RejectLimit.Parse(limit).IsExceeded(rejected, read, atEnd).ShouldBe(passed);

    [Fact]
    public void Without_a_limit_nothing_passes_it() => RejectLimit.None.IsExceeded(1000, 1000, true).ShouldBeFalse();

    [Theory]
    [InlineData("")]
    [InlineData("-1")]
    [InlineData("101%")]
    [InlineData("%")]
    [InlineData("5 %")]
    [InlineData("many")]
    public void What_is_no_limit_is_rejected(string text) =>
        Should.Throw<UsageException>(() => RejectLimit.Parse(text)).Message.ShouldContain("expected a number");
}
