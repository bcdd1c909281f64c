using CsvIngest.Importing.Rows;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Importing;

public sealed class RejectLimitTests
{
    [Theory]
    [InlineData("10", 10, 500, false, false)]
    [InlineData("10", 11, 500, false, true)]
    [InlineData("0", 1, 1, false, true)]
    [InlineData("5%", 500, 500, false, false)] // too early
    [InlineData("5%", 50, 1000, false, false)]
    [InlineData("5%", 51, 1000, false, true)]
    [InlineData("5%", 1, 10, true, true)] // the whole file
    [InlineData("0.1%", 2, 1000, false, true)]
    public void A_limit_is_exceeded_by_more_rows_than_it_allows(string limit, long rejected, long read, bool atEnd, bool exceeded) =>
        Parse(limit).IsExceeded(rejected, read, atEnd).ShouldBe(exceeded);

    [Fact]
    public void Without_a_limit_nothing_exceeds_it() => RejectLimit.None.IsExceeded(1000, 1000, true).ShouldBeFalse();

    [Theory]
    [InlineData("")]
    [InlineData("-1")]
    [InlineData("101%")]
    [InlineData("%")]
    [InlineData("5 %")]
    [InlineData("many")]
    public void Text_that_is_not_a_limit_is_a_fault_of_the_option(string text)
    {
        var faults = new List<OptionFault>();

        RejectLimit.Parse(text, faults).ShouldBe(RejectLimit.None);

        var fault = faults.ShouldHaveSingleItem();
        fault.Option.ShouldBe(ImportOption.MaxRejects);
        fault.Text.ShouldContain("expected a number");
    }

    [Theory]
    [InlineData("10")]
    [InlineData("2.5%")]
    public void A_limit_is_shown_as_it_is_written(string text) => Parse(text).ToString().ShouldBe(text);

    private static RejectLimit Parse(string text)
    {
        var faults = new List<OptionFault>();
        var limit = RejectLimit.Parse(text, faults);
        faults.ShouldBeEmpty();
        return limit;
    }
}
