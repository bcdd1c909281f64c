using System.Text;
using CsvIngest.Datasets;
using CsvIngest.Importing;
using CsvIngest.Importing.Drafting;
using CsvIngest.Importing.Sources;
using CsvIngest.Values;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Importing;

public sealed class DraftFileTests
{
    [Fact]
    public async Task A_draft_takes_all_rows_of_its_file()
    {
        const string File =
            """
            Bestell-Nr.;E-Mail;PLZ;Menge;Preis;Bestellt am;Geändert;Bezahlt;Kennung;Bemerkung
            7;ann@example.com;01067;1;1.234,50;24.12.2024;24.12.2024 09:05;ja;01890a5d-ac96-774b-bcce-b302099a8057; ok
            8;ann@example.com;80331;2;12,5;01.02.2024;01.02.2024 10:00;nein;01890a5d-ac96-774b-bcce-b302099a8058;
            9;bob@example.com;20095;1;0,99;03.02.2024;03.02.2024 23:59;nein;01890A5DAC96774BBCCEB302099A8059;-

            """;

        var draft = Read(File, "Bestellungen 2024.csv.gz");

        Written(draft).ShouldBe(
            """
            {
              "name": "bestellungen_2024",
              "table": "bestellungen_2024",
              "key": "bestell_nr",
              "columns": {
                "bestell_nr": { "type": "integer", "required": true },
                "e_mail": { "type": "email", "required": true },
                "plz": { "type": "text", "required": true },
                "menge": { "type": "integer", "required": true },
                "preis": { "type": "decimal", "required": true, "decimal": ",", "group": "." },
                "bestellt_am": { "type": "date", "required": true, "format": "dd.MM.yyyy" },
                "geandert": { "type": "timestamp", "required": true, "format": "dd.MM.yyyy HH:mm" },
                "bezahlt": { "type": "boolean", "required": true, "true": ["ja", "j"], "false": ["nein", "n"] },
                "kennung": { "type": "uuid", "required": true },
                "bemerkung": { "type": "text", "trim": true }
              },
              "extraColumns": "other_columns"
            }
            """);
        await ShouldTakeAllRowsAsync(draft, File, 3);
    }

    [Theory]
    [InlineData("1|-5", "integer")]
    [InlineData("1.50|2", "decimal")]
    [InlineData("007|12", "text")]
    [InlineData("+49123|+49124", "text")]
    [InlineData("99999999999999999999|1", "text")]
    [InlineData("1.234.567|1.234", "integer (1.234)")]
    [InlineData("0.125|1.250", "decimal")]
    [InlineData("12,5|1", "decimal (1234,56)")]
    [InlineData("1,234|5,678", "text", "Either integer (1,234) or decimal (1234,56): the values do not tell which.")]
    [InlineData("1.234|5.678", "text", "Either integer (1.234) or decimal: the values do not tell which.")]
    [InlineData("1,234|5,6", "decimal (1234,56)")]
    [InlineData("1,234.5|7", "decimal (1,234.56)")]
    [InlineData("2024-05-01|2024-05-02", "date")]
    [InlineData("2024-05-01T10:00:00Z|2024-05-02", "timestamp")]
    [InlineData("25/12/2024|01/02/2024", "date (dd/MM/yyyy)")]
    [InlineData("12/25/2024|1/2/2024", "date (M/d/yyyy)")]
    [InlineData("05/01/2024|05/05/2024", "text", "Either date (dd/MM/yyyy) or date (MM/dd/yyyy): the values do not tell which.")]
    [InlineData("01.02.03", "text", "Either date (dd.MM.yy) or date (yy.MM.dd): the values do not tell which.")]
    [InlineData("24.12.99|01.02.03", "date (dd.MM.yy)")]
    [InlineData("3-Mar-2024|12-may-2024", "date (d-MMM-yyyy)")]
    [InlineData("12/25/2024 1:05 PM|1/2/2024 12:00 AM", "timestamp (M/d/yyyy h:mm tt)")]
    [InlineData("yes|no", "boolean")]
    [InlineData("yes|yes", "text")]
    [InlineData("0|1", "integer")]
    [InlineData("Oui|NON", "boolean (oui, o or non, n)")]
    [InlineData("a@example.com|b@example.org", "email")]
    [InlineData("a@example.com|none", "text")]
    [InlineData("|", "text")]
    public void A_column_gets_the_type_and_the_format_that_all_values_follow(string values, string expected, string? comment = null)
    {
        var draft = Read($"value\tother\n{string.Concat(values.Split('|').Select(value => $"{value}\tx\n"))}", "f.tsv").Draft;

        var column = draft.Dataset.Columns[0];
        $"{column.Type.ToString().ToLowerInvariant()}{(column.Format is null ? "" : $" ({column.Format})")}".ShouldBe(expected);
        draft.Comments.GetValueOrDefault("value").ShouldBe(comment);
    }

    [Theory]
    [InlineData("name,id\nAnn,1\nBob,2\n", "name")]
    [InlineData("name,id\nAnn,1\nAnn,2\n", "id")]
    [InlineData("name,mail\nAnn Lee,a@example.com\nBob,b@example.com\n", "mail")]
    [InlineData("name,price\nAnn Lee,1.5\nBob,2.5\n", "name")]
    [InlineData("name,mail\nAnn,A@example.com\nann,a@example.com\n", null)]
    [InlineData("name,id\nAnn,1\nBob,\nAnn,3\n", null)]
    [InlineData("price,name\n1.5,a\n2.5,a\n", null)]
    [InlineData("name,id\nAnn,1\n", null)]
    public void The_key_is_a_column_that_is_unique_and_complete(string file, string? key) => Read(file, "f.csv").Draft.Dataset.Key.ShouldBe(key);

    [Fact]
    public async Task A_draft_is_valid_whatever_the_names_are()
    {
        const string File = "line,Line ,a/b,a b,2024,#,,---,Größe,e-mail,E Mail,xmin,tableoid,\"x\"\"y\"\n1,2,3,4,5,6,7,8,9,10,11,12,13,14\n2,2,3,4,5,6,7,8,9,10,11,12,13,14\n";

        var draft = Read(File, "imports.csv");

        draft.Draft.Dataset.Name.ShouldBe("my_imports");
        draft.Draft.Dataset.Columns.Select(column => column.Name).ShouldBe(
            ["a_b_2", "a_b", "column_2024", "column", "grosse", "xmin_2", "tableoid_2", "x_y"]);
        await ShouldTakeAllRowsAsync(draft, File, 2);
    }

    [Theory]
    [InlineData("contacts.csv", "my_contacts")]
    [InlineData("2024-05.csv", "dataset_2024_05")]
    [InlineData("Müller & Söhne.csv", "muller_sohne")]
    [InlineData("数据.csv", "dataset")]
    public void The_dataset_is_named_after_the_file(string file, string name)
    {
        var dataset = Read("a,b\n1,2\n", file).Draft.Dataset;

        (dataset.Name, dataset.Table).ShouldBe((name, name));
    }

    [Fact]
    public void A_file_without_a_header_has_no_draft() =>
        Should.Throw<UnusableFileException>(() => Read("ann@example.com,Ann\nbob@example.com,Bob\n", "f.csv")).Message.ShouldContain("not a header");

    [Fact]
    public void Rows_that_cannot_be_read_are_counted_and_not_considered()
    {
        var draft = Read("a,b\n1,2\nx,y,z\n3,4\n", "f.csv");

        (draft.Rows, draft.UnreadableRows).ShouldBe((2, 1));
        draft.Draft.Dataset.Columns.Select(column => column.Type).ShouldBe([ColumnType.Integer, ColumnType.Integer]);
    }

    private static DraftFile Read(string file, string name) => DraftFile.Read(SourceOf(file, name), _ => { }, CancellationToken.None);

    private static Source SourceOf(string file, string name) => Source.FromStream(name, () => new MemoryStream(Encoding.UTF8.GetBytes(file)));

    private static string Written(DraftFile draft) => DefinitionWriter.Write(draft.Draft.Dataset, null, draft.Draft.Comments);

    private static async Task ShouldTakeAllRowsAsync(DraftFile draft, string file, int rows)
    {
        var dataset = DatasetFile.Parse(Written(draft), "draft.json");

        var imported = await ImportedFile.FromAsync(SourceOf(file, "f.csv"), new ImportOptions(), dataset);

        imported.Rejections.ShouldBeEmpty();
        imported.Rows.Count().ShouldBe(rows);
    }
}
