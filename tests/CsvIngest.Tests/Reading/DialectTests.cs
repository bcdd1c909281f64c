using CsvIngest.Importing;
using CsvIngest.Importing.Detection;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Reading;

/// <summary>Dialects that are detected. Every file is the same table.</summary>
public sealed class DialectTests
{
    private const string Table = "ann@example.com¦Ann, \"the\" One¦5;1|a\nbob@example.com¦Bob¦\ncyd@example.com¦Cyd O'Hara¦x";

    [Theory]
    [InlineData("`,` separated", "email,name,note\nann@example.com,\"Ann, \"\"the\"\" One\",5;1|a\nbob@example.com,Bob,\ncyd@example.com,Cyd O'Hara,x\n")]
    [InlineData("`;` separated", "email;name;note\r\nann@example.com;\"Ann, \"\"the\"\" One\";\"5;1|a\"\r\nbob@example.com;Bob;\r\ncyd@example.com;Cyd O'Hara;x")]
    [InlineData("tab separated", "email\tname\tnote\rann@example.com\tAnn, \"the\" One\t5;1|a\rbob@example.com\tBob\t\rcyd@example.com\tCyd O'Hara\tx\r")]
    [InlineData("`|` separated", "email|name|note\nann@example.com|Ann, \"the\" One|\"5;1|a\"\r\nbob@example.com|Bob|\rcyd@example.com|Cyd O'Hara|x\n")]
    [InlineData("`||` separated", "email||name||note\nann@example.com||Ann, \"the\" One||5;1|a\nbob@example.com||Bob||\ncyd@example.com||Cyd O'Hara||x\n")]
    [InlineData("`, ` separated", "email, name, note\nann@example.com, \"Ann, \"\"the\"\" One\", 5;1|a\nbob@example.com, Bob, \ncyd@example.com, Cyd O'Hara, x\n")]
    [InlineData("`;` separated, quoted with `'`", "'email';'name';'note'\n'ann@example.com';'Ann, \"the\" One';'5;1|a'\n'bob@example.com';'Bob';''\n'cyd@example.com';'Cyd O''Hara';'x'\n")]
    [InlineData("`,` separated, escaped with `\\`", "email,name,note\nann@example.com,\"Ann, \\\"the\\\" One\",5;1|a\nbob@example.com,Bob,\"\"\ncyd@example.com,Cyd O'Hara,x\n")]
    [InlineData("`;` separated", "sep=;\nemail;name;note\nann@example.com;Ann, \"the\" One;\"5;1|a\"\nbob@example.com;Bob;\ncyd@example.com;Cyd O'Hara;x\n")]
    [InlineData("space separated", "email name note\nann@example.com \"Ann, \"\"the\"\" One\" 5;1|a\nbob@example.com Bob \ncyd@example.com \"Cyd O'Hara\" x\n")]
    public void A_dialect_is_detected(string dialect, string text)
    {
        var file = ReadFile.From(text);

        file.Shape.Dialect.Describe().ShouldBe(dialect);
        file.Shape.Names.ShouldBe(["email", "name", "note"]);
        string.Join('\n', file.Records.Select(record => record.Joined)).ShouldBe(Table);
    }

    [Fact]
    public void Two_separators_with_nothing_between_are_one_only_where_the_header_agrees()
    {
        var file = ReadFile.From("email|name|note\n|N|x\na@b.example||\na@b.example|F||y\na@b.example|F||y\na@b.example||\n");

        file.Shape.Dialect.Describe().ShouldBe("`|` separated");
        file.Records.Count(record => record.RejectReason == "too-many-fields").ShouldBe(2);
    }

    [Theory]
    [InlineData("é", "\"", "doubled", "emailénameénote\nann@example.comé\"Ann, \"\"the\"\" One\"é5;1|a\nbob@example.coméBobé\ncyd@example.coméCyd O'Haraéx\n")]
    [InlineData("<>", "«", "doubled", "email<>name<>note\nann@example.com<>«Ann, \"the\" One«<>5;1|a\nbob@example.com<>Bob<>\ncyd@example.com<>Cyd O'Hara<>x\n")]
    [InlineData(",", "none", "\\", "email,name,note\nann@example.com,Ann\\, \"the\" One,5;1|a\nbob@example.com,Bob,\ncyd@example.com,Cyd O'Hara,x\n")]
    [InlineData(";", "none", "none", "email;name\nann@example.com;Ann, \"the\" One;5\nbob@example.com;Bob;\ncyd@example.com;Cyd O'Hara;x\n")]
    [InlineData("comma", "double", "^", "email,name,note\nann@example.com,\"Ann, ^\"the^\" One\",5;1|a\nbob@example.com,Bob,\ncyd@example.com,Cyd O'Hara,x\n")]
    public void A_dialect_can_be_specified(string delimiter, string quote, string escape, string text)
    {
        var file = ReadFile.From(text, new ReadingOptions
        {
            Delimiter = ReadingOptions.ParseDelimiter(delimiter),
            Quote = QuoteSetting.Parse(quote, []),
            Escape = EscapeSetting.Parse(escape, []),
        });

        file.Records.Select(record => record.Joined.Split('¦')[1]).ShouldBe(["Ann, \"the\" One", "Bob", "Cyd O'Hara"]);
    }

    [Fact]
    public void A_backslash_that_escapes_nothing_is_text()
    {
        var file = ReadFile.From("a;b\n\"C:\\new \\\"x\\\"\";\"\\\\srv\"\n\"\\\"q\";2\n");

        file.Summary().ShouldBe("2 C:\\new \"x\"¦\\srv\n3 \"q¦2");
    }

    [Theory]
    [InlineData("\"n\",\"e\"\n\"Ann\",\"1\"\n\"Pat O'Hara\",\"2\"\n\"Bob\",\"3\n", "2 Ann¦1\n3 Pat O'Hara¦2")]
    [InlineData("n,e,x\nAnn,1,\"ok\"\nPat O'Hara,2,\"fine\"\nBob,3,\"cut", "2 Ann¦1¦ok\n3 Pat O'Hara¦2¦fine")]
    [InlineData("n,e,x\n\"Lee, Ann\",1,ok\nBob O'Hara,2,\"open\nCy,3,x\n", "2 Lee, Ann¦1¦ok\n4 Cy¦3¦x")]
    [InlineData("n;e;x\nO'Hara;1;\"x, \n", "")]
    public void An_apostrophe_is_no_quote_where_a_quote_is_missing(string text, string rows)
    {
        var file = ReadFile.From(text);

        file.Shape.Describe().ShouldNotContain("quoted with");
        string.Join('\n', file.Summary().Split('\n').Where(row => !row.Contains("unbalanced-quote", StringComparison.Ordinal))).ShouldBe(rows);
    }

    [Theory]
    [InlineData("'n','e'\n'Ann O\\'Hara','1'\n'Bob','2'\n")]
    [InlineData("n,e\n'Ann O\\'Hara',1\n'Bob',2\n")]
    public void Single_quotes_with_backslashes_are_detected(string text) => ReadFile.From(text).Summary().ShouldBe("2 Ann O'Hara¦1\n3 Bob¦2");

    [Theory]
    [InlineData("email\na@b.c\nd@e.f\n", "one column, UTF-8, header on line 1")]
    [InlineData("email", "one column, UTF-8, header on line 1")]
    [InlineData("email;name", "`;` separated, UTF-8, header on line 1")]
    public void A_file_of_one_column_or_one_line_is_a_file(string text, string description)
    {
        var file = ReadFile.From(text);

        file.Shape.Describe().ShouldBe(description);
        file.Warnings.ShouldBeEmpty();
    }

    [Fact]
    public void Decimal_commas_do_not_separate() =>
        ReadFile.From("x;y\n1,5;2,5\n3,5;4,5\n").Summary().ShouldBe("2 1,5¦2,5\n3 3,5¦4,5");

    [Theory]
    [InlineData("a,b;c\n1,2;3\n4,5;6\n", "Detected `;` separated, but `,` separated fits equally well.", 2)]
    [InlineData("a b\n1 2\n3 4\n", "Detected space separated, but this is not certain.", 1)]
    [InlineData("a,b\n1,2,3\n4\n5,6,7,8\n9,10\n", "Detected `,` separated, but few records have the same number of fields.", 2)]
    public void A_doubtful_dialect_is_reported(string text, string warning, int options)
    {
        ImportOption[] remedies = [ImportOption.Delimiter, ImportOption.Quote];

        ReadFile.From(text).Warnings.ShouldContain(found => found.Text == warning && found.Options.SequenceEqual(remedies.Take(options)));
    }

    [Fact]
    public void All_invalid_options_are_reported_together()
    {
        var options = new ReadingOptions { Delimiter = "\n", SkipLines = -1, HeaderLines = 0, Comment = 'é', Encoding = "klingon" };

        var failure = Should.Throw<ImportOptionsException>(() => RecordReader.Open(new MemoryStream([1]), options, _ => { }));

        failure.Faults.ShouldBe(
        [
            new(ImportOption.Delimiter, "expected one or more characters other than line ends."),
            new(ImportOption.SkipLines, "-1 is out of range; expected 0 or more."),
            new(ImportOption.HeaderLines, "0 is out of range; expected 1 or more. There is a separate option for files without a header."),
            new(ImportOption.Comment, "expected one ASCII character."),
            new(
                ImportOption.Encoding,
                "\"klingon\" is not a known encoding; expected a .NET encoding name (utf-8, windows-1252, iso-8859-15, shift_jis, …) "
                + "or a code page number (1252, 949, …)."),
        ]);
    }

    [Fact]
    public void A_header_of_several_lines_needs_a_header() =>
        new ReadingOptions { NoHeader = true, HeaderLines = 2 }.Faults()
            .ShouldBe([new(ImportOption.HeaderLines, "not possible for a file without a header.")]);

    [Fact]
    public void A_character_that_is_the_quote_is_not_detected_as_the_delimiter() =>
        ReadFile.From("a,b\n1,2\n", new ReadingOptions { Quote = QuoteSetting.Of(",") }).Shape.Width.ShouldBe(1);

    [Fact]
    public void A_setting_that_cannot_be_parsed_is_a_fault()
    {
        var faults = new List<OptionFault>();

        QuoteSetting.Parse("ab", faults).ShouldBe(QuoteSetting.Auto);
        EscapeSetting.Parse("", faults).ShouldBe(EscapeSetting.Auto);
        ReadingOptions.ParseComment("##", faults).ShouldBeNull();

        faults.Select(fault => fault.Option).ShouldBe([ImportOption.Quote, ImportOption.Escape, ImportOption.Comment]);
    }
}
