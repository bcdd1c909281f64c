using System.Text;
using CsvIngest.Importing.Detection;
using CsvIngest.Importing.Records;
using CsvIngest.Importing.Text;
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
    [InlineData("x,y,z", "2 !repeated-header")]
    [InlineData("a,b,c", "2 a¦b¦c")]
    [InlineData("\"a, b\",\"c\nd\",e", "2 a, b¦c\nd¦e")]
    [InlineData(" \"a\",b,c", "2 a¦b¦c")]
    [InlineData("\"a\"b,c,d", "2 \"a\"b¦c¦d")]
    [InlineData("\uFEFFa,b,c", "2 a¦b¦c")]
    public void A_byte_order_mark_before_a_record_is_no_part_of_it(string record, string expected)
    {
        var file = ReadFile.From($"x,y,z\n\uFEFF{record}\n1,2,3\n");

        file.Summary().ShouldBe($"{expected}\n{2 + record.Split('\n').Length} 1¦2¦3");
        file.Records[0].Raw.ShouldBe(Encoding.UTF8.GetBytes($"\uFEFF{record}\n"));
    }

    [Fact]
    public void A_byte_order_mark_before_a_line_does_not_hide_what_the_line_is()
    {
        var file = ReadFile.From(
            "x,y\n\uFEFF\n\uFEFF#\"\n1,\"2\n\uFEFF\"3, 4\",5\n\uFEFF", new ReadingOptions { Comment = '#' });

        file.Summary().ShouldBe("4 !unbalanced-quote\n5 3, 4¦5");
    }

    [Theory]
    [InlineData("utf-8")]
    [InlineData("utf-16")]
    [InlineData("utf-16BE")]
    [InlineData("utf-32")]
    public void Files_that_were_concatenated_with_their_byte_order_marks_are_read(string name)
    {
        var encoding = TextEncodings.Find(name)!;
        byte[] part = [.. encoding.Preamble, .. encoding.GetBytes("\"name\",\"email\"\n\"Dee, Jr.\",d@b.c\n")];

        var file = ReadFile.From([.. encoding.Preamble, .. part, .. part]);

        file.Shape.Names.ShouldBe(["name", "email"]);
        file.Summary().ShouldBe("2 Dee, Jr.¦d@b.c\n3 !repeated-header\n4 Dee, Jr.¦d@b.c");
    }

    [Theory]
    [InlineData(",,")]
    [InlineData(",")]
    [InlineData(",,,,,,")]
    [InlineData(" , ,\t")]
    [InlineData("\"\",\"\",\"\"")]
    [InlineData("\"\" , \" \",")]
    [InlineData("\t ")]
    public void A_line_without_any_value_is_blank(string line)
    {
        var file = ReadFile.From($"{line}\nx,y,z\na,b,c\n{line}\r\n{line}\nd,e,f\n{line}");

        file.Shape.HeaderLine.ShouldBe(2);
        file.Warnings.ShouldBeEmpty();
        file.Summary().ShouldBe("3 a¦b¦c\n6 d¦e¦f");
    }

    [Theory]
    [InlineData(",,\"\"\"\"", "2 ¦¦\"")]
    [InlineData("\",\",,", "2 ,¦¦")]
    [InlineData("\"\"", "2 !too-few-fields")]
    [InlineData(",,.", "2 ¦¦.")]
    [InlineData("\"\n\",,", "2 \n¦¦")]
    public void A_line_with_a_value_is_a_row(string line, string expected) =>
        ReadFile.From($"x,y,z\n{line}\n").Summary().ShouldBe(expected);

    [Fact]
    public void An_empty_value_in_quotes_is_a_row_of_a_single_column() =>
        ReadFile.From("x\n\"\"\n\na\n").Summary().ShouldBe("2 \n4 a");

    [Theory]
    [InlineData("\u001A")]
    [InlineData("\r\n\u001A")]
    [InlineData("\r\n\u001A\r\n")]
    [InlineData("\u001A\u001A\u001A\n")]
    public void Control_Z_at_the_end_of_the_file_is_not_data(string end)
    {
        foreach (var encoding in (Encoding[])[Encoding.UTF8, Encoding.Unicode, Encoding.BigEndianUnicode])
        {
            byte[] bytes = [.. encoding.Preamble, .. encoding.GetBytes("x,y\r\na,\"b\"\r\nc\u001A,d" + end)];
            for (var block = 1; block <= bytes.Length + 1; block++)
            {
                ReadFile.From(bytes, new ReadingOptions { BlockBytes = block }).Summary().ShouldBe("2 a¦b\n3 c\u001A¦d");
            }
        }
    }

    [Fact]
    public void Control_Z_that_is_followed_by_another_line_is_text() =>
        ReadFile.From("x,y\na,b\u001A\nc,d\n").Summary().ShouldBe("2 a¦b\u001A\n3 c¦d");

    [Theory]
    [InlineData("=\"00501\"", "00501")]
    [InlineData("\"=\"\"00501\"\"\"", "00501")]
    [InlineData("=\"\"", "")]
    [InlineData("=\"say \"\"hi\"\"\"", "say \"hi\"")]
    [InlineData("\"=\"\"say \"\"\"\"hi\"\"\"\"\"\"\"", "say \"hi\"")]
    [InlineData("=\"Ray, Bob\"", "Ray, Bob")]
    [InlineData("\"=\"\"Ray, Bob\"\"\"", "Ray, Bob")]
    public void A_formula_that_is_a_text_is_read_as_the_text(string field, string value)
    {
        var file = ReadFile.From($"=\"email\",\"=\"\"zip\"\"\"\na,{field}\n{field},b\n");

        file.Shape.Names.ShouldBe(["email", "zip"]);
        file.Summary().ShouldBe($"2 a¦{value}\n3 {value}¦b");
        file.Warnings.ShouldHaveSingleItem().Text.ShouldStartWith("Line 2 contains a value that is written as a formula");
    }

    [Theory]
    [InlineData("=\"a\"&\"b\"")]
    [InlineData("=1+1")]
    [InlineData("=\"a")]
    public void Another_formula_stays_as_it_is(string field)
    {
        var file = ReadFile.From($"x,y\n{field},b\nc,{field}\n");

        file.Summary().ShouldBe($"2 {field}¦b\n3 c¦{field}");
        file.Warnings.ShouldBeEmpty();
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
