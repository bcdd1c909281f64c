using CsvIngest.Datasets;
using CsvIngest.Testing;
using CsvIngest.Values;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Datasets;

public sealed class DefinitionWriterTests
{
    private const string Formats =
        """
        {
          // as the shop sends it
          "name": "shop-orders",
          "table": "orders",
          "columns": {
            "day": { "type": "date", "required": true, "headers": ["Tag", "a \"b\""], "format": "dd.MM.yyyy" },
            "at": { "type": "timestamp", "format": ["dd.MM.yyyy HH:mm", "yyyy-MM-dd"] },
            "price": { "type": "decimal", "decimal": ",", "group": "." },
            "pieces": { "type": "integer", "group": "'" },
            // decide
            "paid": { "type": "boolean", "true": ["ja"], "false": ["nein", "n"] },
            "note": { "type": "text", "maxLength": 3, "pattern": "[a-z]+\\d", "trim": true }
          }
        }
        """;

    [Fact]
    public void What_is_written_is_what_was_read() =>
        DefinitionWriter.Write(
            DatasetFile.Parse(Formats, "d.json"),
            "as the shop sends it",
            new Dictionary<string, string>(StringComparer.Ordinal) { ["paid"] = "decide" }).ShouldBe(Formats);

    [Fact]
    public void Datasets_with_every_property_can_be_read_again()
    {
        var orders = DatasetFile.Parse(File.ReadAllText(Repository.PathOf("samples", "orders.json")), "orders.json");
        foreach (var dataset in (Dataset[])[DatasetCatalog.Contacts, DatasetCatalog.Subscribers, orders])
        {
            var text = DefinitionWriter.Write(dataset);
            var read = DatasetFile.Parse(text, "d.json");

            DefinitionWriter.Write(read).ShouldBe(text);
            read.Columns.Select(Rules).ShouldBe(dataset.Columns.Select(Rules));
            read.Columns.SelectMany(Names).ShouldBe(dataset.Columns.SelectMany(Names));
        }
    }

    [Fact]
    public void Characters_that_change_the_text_around_them_are_escaped()
    {
        var dataset = new Dataset("d", "d", null, [new Column("a", ColumnType.Text, Headers: ["x\u202Ey\u001B\u0085\u00AD\n"])], null);

        var text = DefinitionWriter.Write(dataset);

        text.ShouldContain("""["x\u202Ey\u001B\u0085\u00AD\n"]""");
        DatasetFile.Parse(text, "d.json").Columns[0].Headers.ShouldBe(dataset.Columns[0].Headers);
    }

    private static object Rules(Column column) =>
        (column.Name, column.Type, column.Required, column.MaxLength, column.Trim, column.Pattern?.ToString());

    private static IEnumerable<string> Names(Column column) =>
        [.. column.Headers ?? [], .. column.Combine?.SelectMany(names => names) ?? [], .. column.Variants?.SelectMany(names => names) ?? []];
}
