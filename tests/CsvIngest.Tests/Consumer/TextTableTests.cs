using CsvIngest.Consumer.Display;
using CsvIngest.Hosting.Display;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Consumer;

public sealed class TextTableTests
{
    private const string Id = "01a1fa55-6af4-79a5-aaab-590c079d9f81";
    private const string LongName = "monthly export of all customers of the northern region 2024-05 (final) v2 corrected.csv";

    [Fact]
    public void A_table_that_fits_is_shown_whole_with_aligned_columns()
    {
        Render(int.MaxValue, LongName).ShouldBe(
        [
            $"  import                                {"source".PadRight(LongName.Length)}     read  state",
            new string('─', 2 + 36 + 2 + LongName.Length + 2 + 7 + 2 + 8),
            $"  {Id}  {LongName}       52  complete",
            $"  {Id}  {"b.csv".PadRight(LongName.Length)}  1234567  complete",
        ]);
    }

    [Fact]
    public void A_table_that_is_too_wide_has_its_names_cut_in_the_middle()
    {
        Render(80, LongName).ShouldBe(
        [
            "  import                                source                    read  state",
            new string('─', 80),
            $"  {Id}  monthly ex…rected.csv       52  complete",
            $"  {Id}  b.csv                  1234567  complete",
        ]);
    }

    [Fact]
    public void A_narrow_table_has_headings_above_its_numbers()
    {
        Render(60, LongName).ShouldBe(
        [
            "     read",
            "─────────",
            $"{Id}  complete",
            "monthly export of all customer…4-05 (final) v2 corrected.csv",
            "       52",
            $"{Id}  complete  b.csv",
            "  1234567",
        ]);
    }

    [Fact]
    public void Optional_numbers_are_left_out_of_a_narrow_table()
    {
        var table = new TextTable(new("import") { IsHeading = true }, new("read") { IsNumber = true }, new("slices") { IsNumber = true, IsOptional = true });
        table.AddRow(Id, "52", "1/1");

        table.Lines(40).ShouldBe(["  read  slices", "──────────────", Id, "    52     1/1"]);
        table.Lines(12).ShouldBe(["  read", "──────", Id, "    52"]);
    }

    [Fact]
    public void Where_not_even_the_numbers_fit_every_value_has_a_line()
    {
        Render(8, "a.csv").Take(5).ShouldBe([$"import  {Id}", "source  a.csv", "read    52", "state   complete", ""]);
    }

    [Theory]
    [InlineData(60)]
    [InlineData(80)]
    [InlineData(100)]
    [InlineData(147)]
    [InlineData(200)]
    public void No_line_is_wider_than_the_terminal_whatever_the_name(int width)
    {
        foreach (var name in (string[])["a.csv", LongName, new string('名', 90), string.Concat(Enumerable.Repeat("e\u0301", 200)), "x\u001b[2J\u202E\n.csv"])
        {
            var lines = Render(width, name);

            lines.ShouldAllBe(line => TerminalText.WidthOf(line) <= width);
            string.Join('\n', lines).ShouldContain(Id);
            lines.ShouldAllBe(line => !line.Contains('\u001b') && !line.Contains('\u202E') && !line.Contains('\n'));
        }
    }

    [Theory]
    [InlineData("short.csv", 9, "short.csv")]
    [InlineData("abcdefghij", 7, "abc…hij")]
    [InlineData("abcdefghij", 8, "abcd…hij")]
    [InlineData("名簿名簿名簿.csv", 10, "名簿….csv")]
    [InlineData("abcdefghij", 1, "…")]
    public void A_name_is_cut_in_its_middle(string name, int width, string expected)
    {
        TerminalText.CutMiddle(name, width).ShouldBe(expected);
        TerminalText.WidthOf(expected).ShouldBeLessThanOrEqualTo(width);
    }

    [Fact]
    public void A_mark_stays_with_its_letter() => TerminalText.CutMiddle("ae\u0301bcde\u0301f", 5).ShouldBe("ae\u0301…e\u0301f");

    private static List<string> Render(int width, string name)
    {
        var table = new TextTable(
            new("import") { IsHeading = true },
            new("source") { IsHeading = true, IsVariable = true },
            new("read") { IsNumber = true },
            new("state") { IsHeading = true });
        table.AddRow(Id, name, "52", "complete");
        table.AddRow(Id, "b.csv", "1234567", "complete");
        return [.. table.Lines(width)];
    }
}
