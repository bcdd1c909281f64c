using System.Text;
using CsvIngest.Datasets;
using CsvIngest.Importing;
using CsvIngest.Importing.Detection;
using CsvIngest.Importing.Sources;
using CsvIngest.Importing.Text;
using CsvIngest.Tests.Reading;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Importing;

/// <summary>The names that a dataset requires tell the header from what precedes it, and the right delimiter from another one.</summary>
public sealed class HeaderSearchTests
{
    private static readonly Dataset Contacts = DatasetCatalog.BuiltIn.All.Single(dataset => dataset.Name == "contacts");

    [Theory]
    [InlineData("Name;Email;Phone;Note\nLee, Ann;ann@moss.example;1\nRay, Bob;bob@moss.example;2\nIto, Cai;cai@moss.example;3;x\n", ";")]
    [InlineData("Email;Name;Date\na@b.cc;Ann;May 1, 2024\nb@b.cc;Bob;May 2, 2024;\nc@b.cc;Cai;May 3, 2024;x;y\n", ";")]
    [InlineData("Email|Name|Tags\na@b.cc|Ann|a;b;c\nb@b.cc|Bob|d;e;f|\nc@b.cc|Cai|g;h;i\n", "|")]
    [InlineData("email\tname\na@b.cc\tLee, A\nb@b.cc\tRay, B\tx\n", "\t")]
    [InlineData("'email';'name'\n'a@b.cc';'Lee, \"A\"'\n'b@b.cc';'Ray, \"B\"';x\n", ";")]
    [InlineData("email,name,note\na@b.cc,Ann,x;y\nb@b.cc,Bob\nc@b.cc,Cai,z;w\n", ",")]
    public void The_delimiter_of_the_header_wins(string text, string delimiter)
    {
        var file = Read(text);

        file.Shape.Dialect.SeparatorText.ShouldBe(delimiter);
        file.Shape.HeaderLine.ShouldBe(1);
        file.Warnings.ShouldAllBe(warning => !warning.Options.Contains(ImportOption.Delimiter));
    }

    [Theory]
    [InlineData("\"DKB\";\"DE00\"\n \n\"Kontostand vom 01.05.2024:\";\"1.234,56 EUR\"\n\"\"\n\"Datum\";\"Status\";\"Name\";\"E-Mail\";\"Betrag\"\n\"01.05.24\";\"Gebucht\";\"Müller, Ann\";\"ann@moss.example\";\"-12,50\"\n", 5)]
    [InlineData("Account:,\"Moss\"\nExported:,\"01 May 2024, 10:00\"\nName,Email,City\nAnn,ann@moss.example,Ulm\nBob,bob@moss.example,Bonn\n", 3)]
    [InlineData("Contacts of the Moss mill\nExported on 2024-05-01, by Ann; in full\nName,Email\nAnn,ann@moss.example\nBob,bob@moss.example\n", 3)]
    [InlineData("Account:,Moss,\nContact:,info@moss.example,\n,,\nCity,Name,Email\nUlm,Ann,ann@moss.example\n", 4)]
    [InlineData("a;b;c;d;e;f\ng;h;i;j;k;l\nm;n;o;p;q;r\nName,Email\nAnn,ann@moss.example\n", 4)]
    [InlineData("Report \"5\" of\n\"open, and never closed\nName,Email\nAnn,ann@moss.example\nBob,bob@moss.example\n", 3)]
    [InlineData("sep=;\nMoss\nName;Email\nAnn;ann@moss.example\n", 3)]
    [InlineData("email,info@moss.example\nname,Moss\nEmail,Name,City\nann@moss.example,Ann,Ulm\n", 3)]
    public void Title_lines_of_any_kind_are_passed_over(string text, int headerLine)
    {
        var file = Read(text);

        file.Shape.HeaderLine.ShouldBe(headerLine);
        file.Records.ShouldNotBeEmpty();
        file.Records.ShouldAllBe(record => record.RejectReason == null);
        file.Warnings.ShouldContain(warning => warning.Text.Contains($"before line {headerLine} as a title"));
        file.HeaderRaw.ShouldBe(Encoding.UTF8.GetBytes(string.Concat(text.Split('\n').Take(headerLine).Select(line => line + "\n"))));
    }

    [Theory]
    [InlineData("ann@moss.example,Ann\nbob@moss.example,Bob\nemail,name\ncai@moss.example,Cai\n", 3)]
    [InlineData("Exported by:,info@moss.example,\nName,Email,City\nAnn,ann@moss.example,Ulm\n", 2)]
    [InlineData("Mail 1;Vorname\na@b.cc;Ann\nemail;name\nb@b.cc;Bob\n", 3)]
    public void What_may_be_rows_is_never_passed_over(string text, int headerLine)
    {
        var failure = Should.Throw<UnusableFileException>(() => Read(text));

        failure.Message.ShouldBe($"Line {headerLine} is the header, but a line before it looks like a row, which would be lost.");
        failure.Remedies.ShouldBe([new Remedy(ImportOption.SkipLines, $"{headerLine - 1}")]);
        Read(text, new ReadingOptions { SkipLines = headerLine - 1 }).Shape.HeaderLine.ShouldBe(headerLine);
    }

    [Fact]
    public void A_header_that_nothing_precedes_stays_the_header()
    {
        var file = Read("email,name\na@b.cc,Ann\nemail,name\nb@b.cc,Bob\n");

        file.Shape.HeaderLine.ShouldBe(1);
        file.Summary().ShouldBe("2 a@b.cc¦Ann\n3 !repeated-header\n4 b@b.cc¦Bob");
    }

    [Fact]
    public void A_header_of_several_lines_is_found_too() =>
        Read("Moss; mill\nE;Full\nmail;name\na@b.cc;Ann\n", new ReadingOptions { HeaderLines = 2 }).Shape.Names.ShouldBe(["E mail", "Full name"]);

    [Fact]
    public async Task A_map_says_what_the_header_contains()
    {
        var bytes = "Moss,mill\nx,y\nCorreo,Nombre,Ciudad\na@b.cc,Ann,Ulm\nb@b.cc,Bob,Bonn\n"u8.ToArray();
        var map = new Dictionary<string, string> { ["email"] = "correo", ["full_name"] = "nombre" };

        var file = await ImportedFile.FromAsync(
            Source.FromStream("f.csv", () => new MemoryStream(bytes)), new ImportOptions { Slices = new() { Map = map } }, Contacts);

        file.Rows.Select(row => (row.Line, row.Texts()[1])).ShouldBe([(4, "Ann"), (5, "Bob")]);
    }

    [Fact]
    public async Task A_map_by_number_says_nothing_about_the_header()
    {
        var bytes = "Contacts\n\nCorreo,Nombre,Ciudad\na@b.cc,Ann,Ulm\nb@b.cc,Bob,Bonn\n"u8.ToArray();
        var map = new Dictionary<string, string> { ["email"] = "#1", ["full_name"] = "#2" };

        var file = await ImportedFile.FromAsync(
            Source.FromStream("f.csv", () => new MemoryStream(bytes)), new ImportOptions { Slices = new() { Map = map } }, Contacts);

        file.Rows.Select(row => row.Line).ShouldBe([4, 5]);
    }

    [Fact]
    public async Task Latin_1_titles_do_not_matter() =>
        (await ImportedFile.FromAsync(
            TextEncodings.Windows1252.GetBytes("Müller;Söhne\n\nDatum;Name;E-Mail\n1;Zoë;z@b.cc\n"), new ReadingOptions())).Rows
            .Single().Texts()[1].ShouldBe("Zoë");

    private static ReadFile Read(string text, ReadingOptions? options = null) => ReadFile.From(text, options, Contacts);
}
