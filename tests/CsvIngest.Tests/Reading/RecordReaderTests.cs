using CsvIngest.Importing.Detection;
using CsvIngest.Importing.Records;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Reading;

public sealed class RecordReaderTests
{
    [Fact]
    public void A_plain_file_is_read()
    {
        var file = ReadFile.From("email,name\na@b.c,Ann\n\nb@b.c,\"Bob, the\nbuilder\"\r\nc@b.c,\"C \"\"x\"\"\"");

        file.Shape.Names.ShouldBe(["email", "name"]);
        file.Shape.Describe().ShouldBe("`,` separated, UTF-8, header on line 1");
        file.Warnings.ShouldBeEmpty();
        file.Summary().ShouldBe("2 a@b.c¦Ann\n4 b@b.c¦Bob, the\nbuilder\n6 c@b.c¦C \"x\"");
    }

    [Theory]
    [InlineData("a,5\" pipe,c", "2 a¦5\" pipe¦c")]
    [InlineData("\"ab\"c,x,y", "2 \"ab\"c¦x¦y")]
    [InlineData("\"2,MG,\"and so, on\"", "2 \"2¦MG¦and so, on")]
    [InlineData("\"\"2,MG\",x,y", "2 \"2,MG¦x¦y")]
    [InlineData("\"Round 48\"\",\"Made, there\",y", "2 Round 48\"¦Made, there¦y")]
    [InlineData("a,b,\"\"\"", "2 a¦b¦\"")]
    [InlineData("a,b,\"c", "2 !unbalanced-quote")]
    [InlineData("a,\"b,c", "2 !unbalanced-quote")]
    [InlineData("a,\"b\nmore \"text\" here\nand here", "2 !unbalanced-quote")]
    [InlineData("a,b", "2 !too-few-fields")]
    [InlineData("a,b,c,d", "2 !too-many-fields")]
    [InlineData("x,y,z", "2 !repeated-header")]
    public void Only_the_malformed_record_suffers(string line, string expected)
    {
        var file = ReadFile.From($"x,y,z\n{line}\n1,\"2\n2\",3\n4,5,6\n7,8,9\n");
        var lines = 2 + line.Split('\n').Length;

        file.Summary().ShouldBe($"{expected}\n{lines} 1¦2\n2¦3\n{lines + 2} 4¦5¦6\n{lines + 3} 7¦8¦9");
    }

    [Theory]
    [InlineData("\"a\" , \"b, c\" ,\t\"d\"", "2 a¦b, c¦d")]
    [InlineData("  \"a\",b,\"c\"  ", "2 a¦b¦c")]
    [InlineData("a, \"say \"\"hi\"\"\" ,c", "2 a¦say \"hi\"¦c")]
    [InlineData("a, \"\" , \" b \"", "2 a¦¦ b ")]
    [InlineData("a, \"two\nlines\" ,c", "2 a¦two\nlines¦c")]
    [InlineData("\"ab\"c, \"d\" ,x", "2 \"ab\"c¦d¦x")]
    [InlineData("\"2,MG, \"x, y\" ", "2 \"2¦MG¦x, y")]
    [InlineData("a, \"b,c", "2 a¦ \"b¦c")]
    [InlineData("a, \"b\" c,d", "2 a¦ \"b\" c¦d")]
    [InlineData("a, b ,\"c\"", "2 a¦ b ¦c")]
    [InlineData("a,\"b\" c,\"d", "2 !unbalanced-quote")]
    public void White_space_around_a_quoted_field_is_no_part_of_it(string line, string expected)
    {
        var lines = 2 + line.Split('\n').Length;

        ReadFile.From($"x,y,z\n{line}\n1,\"2\",3\n4,5,6\n7,\"8\",9\n").Summary()
            .ShouldBe($"{expected}\n{lines} 1¦2¦3\n{lines + 1} 4¦5¦6\n{lines + 2} 7¦8¦9");
    }

    [Theory]
    [InlineData(",", "`,` separated")]
    [InlineData(";", "`;` separated")]
    [InlineData("|", "`|` separated")]
    [InlineData("\t", "tab separated")]
    public void White_space_on_both_sides_of_every_separator_is_no_part_of_a_quoted_field(string separator, string dialect)
    {
        var text = "\"email\" , \"name\"\n\"a@b.c\" ,  \"Ray, Bob\" \n\"b@b.c\" ,\"Ann; Lee\"\n".Replace("\" ,", "\" " + separator, StringComparison.Ordinal);

        var file = ReadFile.From(text);

        file.Shape.Dialect.Describe().ShouldBe(dialect);
        file.Shape.Names.ShouldBe(["email", "name"]);
        file.Summary().ShouldBe("2 a@b.c¦Ray, Bob\n3 b@b.c¦Ann; Lee");
    }

    [Fact]
    public void White_space_before_a_quote_that_is_closed_nowhere_near_is_text()
    {
        var filling = string.Concat(Enumerable.Repeat("x,y\n", 20_000));
        var file = ReadFile.From($"a,b\n1, \"x\n{filling}2,y\"\n");

        file.Records[0].Joined.ShouldBe("1¦ \"x");
        file.Records.ShouldAllBe(record => record.RejectReason == null);
    }

    [Theory]
    [InlineData("email,name\nann@x.com,Ann\nbob@x.com,\"Bob\ncat@x.com,Cat\n", "2 ann@x.com¦Ann\n3 !unbalanced-quote\n4 cat@x.com¦Cat")]
    [InlineData("email,name\nann@x.com,Ann\nbob@x.com,\"Bob", "2 ann@x.com¦Ann\n3 !unbalanced-quote")]
    [InlineData("email,name\n\"bob@x.com,Bob\n\"cat@x.com\",\"C\nat\"\n", "2 !unbalanced-quote\n3 cat@x.com¦C\nat")]
    [InlineData("email,name\nbob@x.com,\"Bob\nof three\n\nlines\ncat@x.com,5\" pipe\n", "2 !unbalanced-quote\n6 cat@x.com¦5\" pipe")]
    public void An_unterminated_quote_rejects_its_own_record_only(string text, string expected) =>
        ReadFile.From(text).Summary().ShouldBe(expected);

    [Fact]
    public void Where_no_whole_record_is_near_every_line_is_rejected_by_itself()
    {
        var filling = string.Concat(Enumerable.Repeat("no record\n", 2 * MalformedRecords.LookaheadBytes / 10));
        var file = ReadFile.From($"a,b\n1,\"x\n{filling}2,y\n", new ReadingOptions { Width = 2 });

        file.Records[0].RejectReason.ShouldBe("unbalanced-quote");
        file.Records[1].RejectReason.ShouldBe("too-few-fields");
        file.Records[^1].Joined.ShouldBe("2¦y");
        file.Records[^1].Line.ShouldBe(file.Records.Count + 1);
    }

    [Fact]
    public void A_line_that_can_be_read_in_two_ways_is_rejected() =>
        ReadFile.From("a,b\n\"x\",\"y\"\n\"1,\"2,\"3\"z\n").Summary().ShouldBe("2 x¦y\n3 !unbalanced-quote");

    [Fact]
    public void A_stray_quote_does_not_hide_an_open_one() =>
        ReadFile.From("a,b\nx\"x,\"y\"\n5\" pipe,\"open").Summary().ShouldBe("2 x\"x¦y\n3 !unbalanced-quote");
}
