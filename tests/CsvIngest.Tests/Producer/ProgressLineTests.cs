using CsvIngest.Hosting.Display;
using CsvIngest.Producer.Reporting;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Producer;

public sealed class ProgressLineTests
{
    private static readonly ProgressLine Midway = new("data.csv", 393_000)
    {
        Fraction = 0.459, RowsRejected = 3, RowsPerSecond = 120_400, Left = TimeSpan.FromSeconds(12),
    };

    [Theory]
    [InlineData(19, "data.csv 45 %")]
    [InlineData(39, "data.csv 45 %, 393,000 rows, 12 s left")]
    [InlineData(59, "data.csv 45 %, 393,000 rows, 120,400 rows/s, 12 s left")]
    [InlineData(79, "data.csv █████░░░░░░ 45 %, 393,000 rows, 120,400 rows/s, 3 rejected, 12 s left")]
    public void The_most_important_comes_first_on_a_narrow_terminal(int width, string expected) => Midway.ToText(width).ShouldBe(expected);

    [Fact]
    public void A_wait_for_the_broker_is_shown_before_anything_but_the_percentage()
    {
        var waiting = Midway with { WaitingBecause = "the queue is full" };

        waiting.ToText(39).ShouldBe("data.csv 45 %, waiting for the broker");
        waiting.ToText(119).ShouldEndWith("12 s left, waiting for the broker, the queue is full");
    }

    [Fact]
    public void What_was_published_already_is_read_again_without_a_bar() =>
        (Midway with { ReadingAgainTo = 393_000 }).ToText(79).ShouldBe("data.csv reading again up to row 393,000");

    [Fact]
    public void A_source_without_a_size_has_neither_a_bar_nor_a_percentage() =>
        (Midway with { Fraction = null, Left = null, RowsPerSecond = null }).ToText(79).ShouldBe("data.csv 393,000 rows, 3 rejected");

    [Fact]
    public void No_line_is_wider_than_the_terminal_whatever_the_name()
    {
        foreach (var name in (string[])["a.csv", new('x', 250), new('名', 100), string.Concat(Enumerable.Repeat("e\u0301", 200))])
        {
            for (var width = 16; width < 200; width++)
            {
                TerminalText.WidthOf((Midway with { Source = name }).ToText(width)).ShouldBeLessThanOrEqualTo(width, name);
            }
        }
    }
}
