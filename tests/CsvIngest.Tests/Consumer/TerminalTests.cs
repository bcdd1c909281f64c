using CsvIngest.Consumer.Display;
using CsvIngest.Hosting.Display;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Consumer;

public sealed class TerminalTests
{
    [Theory]
    [InlineData("one two three", 80, "one two three")]
    [InlineData("one two three", 13, "one two three")]
    [InlineData("one two three", 12, "one two|three")]
    [InlineData("one twentyfour three", 6, "one|twentyfour|three")]
    [InlineData("名簿 名簿 名簿", 9, "名簿 名簿|名簿")]
    [InlineData("", 5, "")]
    public void Text_is_broken_at_spaces_only(string text, int width, string expected) =>
        string.Join('|', Terminal.Wrap(text, width)).ShouldBe(expected);

    [Fact]
    public void A_line_is_replaced_and_cut_and_what_others_write_appears_above_it()
    {
        using var terminal = new StringWriter();
        terminal.NewLine = "\n";
        using (var line = new TerminalLine(terminal, () => 10))
        {
            line.Show("1 of 2");
            line.Above.Write("[ERR] ");
            line.Show("2 of 2");
            line.Above.WriteLine("no");
            line.Show("a text that is too long");
        }

        terminal.ToString().ShouldBe(
            "\r\x1b[J1 of 2\r" + "\r\x1b[J[ERR] no\n" + "\r\x1b[Ja te…long\r" + "\r\x1b[J");
    }

    [Theory]
    [InlineData(0, "0.0 s")]
    [InlineData(9.4, "9.4 s")]
    [InlineData(9.6, "10 s")]
    [InlineData(59.4, "59 s")]
    [InlineData(59.6, "1 min 0 s")]
    [InlineData(3599.7, "1 h 0 min")]
    [InlineData(125, "2 min 5 s")]
    [InlineData(7380, "2 h 3 min")]
    [InlineData(90_000, "1 d 1 h")]
    public void Durations_have_two_units_at_most(double seconds, string expected) =>
        DurationText.Of(TimeSpan.FromSeconds(seconds)).ShouldBe(expected);
}
