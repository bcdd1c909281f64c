using CsvIngest.Importing.Reading;
using CsvIngest.Settings;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Reading;

/// <summary>Dialects that are found out. Every file is the same table.</summary>
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
    public void A_dialect_is_found_out(string dialect, string text)
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
    public void A_dialect_can_be_said(string delimiter, string quote, string escape, string text)
    {
        var file = ReadFile.From(text, new ReadingOptions
        {
            Delimiter = ReadingOptions.ParseDelimiter(delimiter),
            Quote = QuoteSetting.Parse(quote),
            Escape = EscapeSetting.Parse(escape),
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
    [InlineData("email\na@b.c\nd@e.f\n", "one column, UTF-8, header on line 1")]
    [InlineData("email", "one column, UTF-8, header on line 1")]
    [InlineData("email;name", "`;` separated, UTF-8, header on line 1")]
    public void A_file_of_one_column_or_one_line_is_a_file(string text, string description)
    {
        var file = ReadFile.From(text);

        file.Shape.Describe().ShouldBe(description);
        file.Shape.Warnings.ShouldBeEmpty();
    }

    [Fact]
    public void Decimal_commas_do_not_separate() =>
        ReadFile.From("x;y\n1,5;2,5\n3,5;4,5\n").Summary().ShouldBe("2 1,5¦2,5\n3 3,5¦4,5");

    [Theory]
    [InlineData("a,b;c\n1,2;3\n4,5;6\n", "--delimiter")]
    [InlineData("a b\n1 2\n3 4\n", "--delimiter")]
    [InlineData("a,b\n1,2,3\n4\n5,6,7,8\n9,10\n", "--delimiter")]
    public void Doubt_is_said(string text, string flag) => ReadFile.From(text).Shape.Warnings.ShouldContain(warning => warning.Contains(flag));

    [Fact]
    public void Wrong_settings_are_said_together()
    {
        var options = new ReadingOptions { Delimiter = "\n", SkipLines = -1, HeaderLines = 0, Comment = 'é', Encoding = "klingon" };

        var failure = Should.Throw<UsageException>(() => RecordReader.Open(new MemoryStream([1]), options));

        failure.Message.ShouldBe(string.Join(Environment.NewLine,
            "--delimiter: expected one or several characters, none of them a line end.",
            "--skip-lines: expected 0 or more.",
            "--header-lines: expected 1 or more; for a file without a header use --no-header.",
            "--comment: expected one ASCII character.",
            "--encoding: no encoding is called \"klingon\". Give a .NET encoding name (utf-8, windows-1252, iso-8859-15, shift_jis, …) "
                + "or a code page number (1252, 949, …)."));
        Should.Throw<UsageException>(() => QuoteSetting.Parse("ab")).Message.ShouldContain("--quote");
        Should.Throw<UsageException>(() => EscapeSetting.Parse("")).Message.ShouldContain("--escape");
    }
}
