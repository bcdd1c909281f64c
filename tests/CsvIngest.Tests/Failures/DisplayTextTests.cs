using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Failures;

public sealed class DisplayTextTests
{
    [Theory]
    [InlineData("")]
    [InlineData("Übersicht 名簿 (v2)\u00A0é e\u0301 👩\u200D👧 نمی\u200Cخواهم.csv")]
    [InlineData("a\\x1Bb")]
    public void What_is_safe_to_show_is_not_changed(string text)
    {
        DisplayText.OneLine(text).ShouldBe(text);
        DisplayText.Lines(text).ShouldBe(text);
    }

    [Theory]
    [InlineData("\u001b]0;title\u0007", "\\x1B]0;title\\x07")]
    [InlineData("a\tb\0c\u007F\u009Bd", "a\\x09b\\x00c\\x7F\\x9Bd")]
    [InlineData("gpj\u202Efdp.csv\u2066\u200F", "gpj\\u202Efdp.csv\\u2066\\u200F")]
    [InlineData("zero\u200Bwidth\uFEFF\u00AD", "zero\\u200Bwidth\\uFEFF\\xAD")]
    [InlineData("line\u2028paragraph\u2029", "line\\u2028paragraph\\u2029")]
    [InlineData("tag\U000E0041", "tag\\U000E0041")]
    [InlineData("lone\rcr", "lone\\x0Dcr")]
    public void What_a_terminal_obeys_is_shown_as_its_code(string text, string expected)
    {
        DisplayText.OneLine(text).ShouldBe(expected);
        DisplayText.Lines(text).ShouldBe(expected);
    }

    // Not a test case above: an attribute cannot hold it.
    [Fact]
    public void Half_of_a_surrogate_pair_is_shown_as_its_code() => DisplayText.OneLine("half \uD83D!").ShouldBe("half \\uD83D!");

    [Fact]
    public void Line_ends_are_kept_only_in_a_text_of_several_lines()
    {
        DisplayText.OneLine("a\r\nb\nc").ShouldBe("a\\x0D\\x0Ab\\x0Ac");
        DisplayText.Lines("a\r\nb\nc\u001b").ShouldBe("a\r\nb\nc\\x1B");
    }
}
