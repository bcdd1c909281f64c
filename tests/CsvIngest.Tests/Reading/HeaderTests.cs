using CsvIngest.Importing.Detection;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Reading;

public sealed class HeaderTests
{
    [Theory]
    [InlineData("Contacts of 2024\nmade by: us\n\nemail;name;age\na@b.c;Ann;1\nb@b.c;Bob;2\n", 4)]
    [InlineData("# made by us; today\n# x\nemail;name;age\na@b.c;Ann;1\nb@b.c;Bob;2\n", 3)]
    [InlineData("PREAMBLE;;\n;;\nemail;name;age\na@b.c;Ann;1\nb@b.c;Bob;2\n", 3)]
    [InlineData("Contacts, January\nemail,name,age,x\na@b.c,Ann,1,0\nb@b.c,Bob,2,0\n", 2)]
    public void Titles_and_comments_above_the_header_are_found(string text, long line)
    {
        var file = ReadFile.From(text);

        file.Shape.HeaderLine.ShouldBe(line);
        file.Shape.Describe().ShouldEndWith($"UTF-8, header on line {line}");
        file.Shape.Names.Take(3).ShouldBe(["email", "name", "age"]);
        file.Warnings.ShouldHaveSingleItem().Options.ShouldBe([ImportOption.SkipLines]);
        file.Records.Select(record => record.Line).ShouldBe([line + 1, line + 2]);
        file.Shape.Pinned.SkipLines.ShouldBe((int)line - 1);
    }

    [Fact]
    public void Lines_and_comments_are_skipped_as_specified()
    {
        var file = ReadFile.From(
            "a;b\nc;\"d\n#x\nemail;name\n#y;\"\na@b.c;Ann\n", new ReadingOptions { SkipLines = 2, Comment = '#' });

        file.Shape.HeaderLine.ShouldBe(4);
        file.Summary().ShouldBe("6 a@b.c¦Ann");
        file.HeaderRaw.ShouldBe("a;b\nc;\"d\n#x\nemail;name\n"u8.ToArray());
    }

    [Fact]
    public void Several_header_lines_are_joined_and_each_is_recognized_further_down()
    {
        var file = ReadFile.From(
            "Person,,Order\nemail,name,no\na@b.c,Ann,1\nPerson,,Order\nemail,name,no\nb@b.c,Bob,2\n",
            new ReadingOptions { HeaderLines = 2, SkipLines = 0 });

        file.Shape.Names.ShouldBe(["Person email", "name", "Order no"]);
        file.Summary().ShouldBe("3 a@b.c¦Ann¦1\n4 !repeated-header\n5 !repeated-header\n6 b@b.c¦Bob¦2");
    }

    [Fact]
    public void Without_a_header_columns_have_numbers()
    {
        var file = ReadFile.From("a@b.c,Ann\nb@b.c,Bob\nc@b.c\n", new ReadingOptions { NoHeader = true });

        file.Shape.Names.ShouldBe(["column_1", "column_2"]);
        file.Shape.Describe().ShouldBe("`,` separated, UTF-8, no header, 2 columns");
        file.HeaderRaw.ShouldBeEmpty();
        file.Summary().ShouldBe("1 a@b.c¦Ann\n2 b@b.c¦Bob\n3 !too-few-fields");
    }

    [Fact]
    public void A_stray_quote_in_the_header_is_text() =>
        ReadFile.From("email,\"size\"in\"\na@b.c,\"1\"\nb@b.c,2\n").Shape.Names.ShouldBe(["email", "size\"in"]);

    [Theory]
    [InlineData("a,b\n1,2,\n3,4,\n", 2, null)]
    [InlineData("a,b\n1,2,x\n3,4,y\n5,6,z\n7,8\n", 2, null)]
    [InlineData("a,b\n1,2,x\n", 2, null)]
    [InlineData("a,b\n1,2,x\n3,4,y\n5,6,z\n", 3, "Rows with 3 fields are accepted; the additional columns have no name")]
    [InlineData("a,b,c\n1,2\n3,4\n5,6\n", 3, "The header has 3 columns, but the rows have 2 fields. Rows with 2 or 3 fields are accepted; missing fields at their end are empty.")]
    public void The_width_is_the_one_of_nine_rows_in_ten(string text, int width, string? warning)
    {
        var file = ReadFile.From(text);

        file.Shape.Width.ShouldBe(width);
        file.Shape.Names.Count.ShouldBe(width);
        file.Records.ShouldAllBe(record => record.RejectReason != null || record.Values.Length == width);
        file.Warnings.Count(found => warning is not null && found.Text.Contains(warning)).ShouldBe(warning is null ? 0 : 1);
    }

    [Theory]
    [InlineData(1, 9, "")]
    [InlineData(2, 8, "too-few-fields")]
    [InlineData(0, 3, "")]
    [InlineData(0, 2, "too-few-fields")]
    public void Narrow_rows_are_filled_if_nine_in_ten_are_narrow_and_wide_rows_are_accepted_in_any_case(int wide, int narrow, string reason)
    {
        var rows = Enumerable.Repeat("1,2,3\n", wide).Concat(Enumerable.Repeat("1,2\n", narrow));

        var file = ReadFile.From("a,b,c\n" + string.Concat(rows));

        file.Records.Select(record => record.RejectReason ?? record.Joined)
            .ShouldBe([.. Enumerable.Repeat("1¦2¦3", wide), .. Enumerable.Repeat(reason.Length > 0 ? reason : "1¦2¦", narrow)]);
    }

    [Fact]
    public void A_narrow_file_is_read_in_the_same_way_when_its_shape_is_pinned()
    {
        const string rows = "1,2\n1,2\n1\n\"a\"b,2\n\"a\"b,2,3\n1,2,3\n1,2,3,4\n1,2,3,\n";
        var narrow = string.Concat(Enumerable.Repeat("1,2\n", 70));
        var file = ReadFile.From("a,b,c\n" + rows + narrow);

        var again = ReadFile.From("a,b,c\n" + rows, file.Shape.Pinned);

        again.Summary().ShouldBe(
            "2 1¦2¦\n3 1¦2¦\n4 !too-few-fields\n5 \"a\"b¦2¦\n6 \"a\"b¦2¦3\n7 1¦2¦3\n8 !too-many-fields\n9 1¦2¦3");
        file.Summary().ShouldStartWith(again.Summary());
        again.Warnings.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("a,b\n1,2,\n3,4,,,\n5,6\n7,8,\"\", \n9,10,,x\n", "2 1¦2\n3 3¦4\n4 5¦6\n5 7¦8\n6 !too-many-fields")]
    [InlineData("a;b\n1;2;;\n3;4;;\n5;6;;\n", "2 1¦2\n3 3¦4\n4 5¦6")]
    [InlineData("a,b,,\n1,2\n3,4,\n5,6,,7\n", "2 1¦2¦¦\n3 3¦4¦¦\n4 5¦6¦¦7")]
    public void Empty_fields_at_the_end_are_no_fault(string text, string expected) => ReadFile.From(text).Summary().ShouldBe(expected);

    [Fact]
    public void A_row_with_too_many_columns_is_rejected_and_a_header_makes_the_file_unusable()
    {
        var options = new ReadingOptions { MaxFields = 3 };

        ReadFile.From("a,b,c\n1,2,3\n1,2,3,4\n1,2,3,4,5,6,7\n", options).Summary()
            .ShouldBe("2 1¦2¦3\n3 !too-many-fields\n4 !too-many-fields");
        var failure = Should.Throw<UnusableFileException>(() => ReadFile.From("a,b,c,d\n1,2,3,4\n", options));
        failure.Message.ShouldContain("3 columns");
        failure.Remedies.ShouldBe([new Remedy(ImportOption.MaxFields)]);
    }
}
