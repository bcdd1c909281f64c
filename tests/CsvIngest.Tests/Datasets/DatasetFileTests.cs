using CsvIngest.Testing;
using CsvIngest.Datasets;
using CsvIngest.Values;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Datasets;

public sealed class DatasetFileTests
{
    [Fact]
    public void A_definition_is_read_completely()
    {
        var dataset = DatasetFile.Parse(
            """
            {
              // what the shop sends
              "name": "partner-orders",
              "table": "orders",
              "key": "number",
              "columns": {
                "number": { "type": "text", "headers": ["Order No."], "maxLength": 20, "pattern": "[A-Z]+", "trim": true, },
                "buyer": { "type": "text", "combine": [["first name"], ["last name"]] },
                "total": { "type": "decimal", "required": true },
              },
              "extraColumns": "rest",
            }
            """,
            "orders.json");

        dataset.Name.ShouldBe("partner-orders");
        dataset.Table.ShouldBe("orders");
        dataset.Key.ShouldBe("number");
        dataset.KeyIndex.ShouldBe(0);
        dataset.ExtraColumns.ShouldBe("rest");
        dataset.Columns.Select(column => column.Name).ShouldBe(["number", "buyer", "total"]);
        dataset.Columns.Select(column => column.Type).ShouldBe([ColumnType.Text, ColumnType.Text, ColumnType.Decimal]);
        dataset.Columns.Select(column => column.Trim).ShouldBe([true, false, true]);
        dataset.IsRequired(0).ShouldBeTrue();
        dataset.IsRequired(1).ShouldBeFalse();
        dataset.IsRequired(2).ShouldBeTrue();
        dataset.Columns[0].MaxLength.ShouldBe(20);
        dataset.Columns[0].Pattern!.IsMatch("ABC1").ShouldBeFalse();
        dataset.Columns[1].Combine!.Count.ShouldBe(2);
    }

    [Fact]
    public void Key_table_and_extra_columns_are_optional()
    {
        var dataset = DatasetFile.Parse("""{ "name": "log", "columns": { "entry": { "type": "text" } } }""", "log.json");
        dataset.Table.ShouldBe("log");
        dataset.Key.ShouldBeNull();
        dataset.KeyIndex.ShouldBe(-1);
        dataset.ExtraColumns.ShouldBeNull();
    }

    [Fact]
    public void Every_error_is_listed_at_once()
    {
        var error = Should.Throw<DatasetException>(() => DatasetFile.Parse(
            """
            {
              "name": "../orders",
              "table": "Orders",
              "key": "nr",
              "colour": "red",
              "columns": {
                "number": { "type": "money", "maxLength": 0, "pattern": "(", "headers": "no", "primary": true },
                "total": { "type": "decimal", "maxLength": 9, "trim": false, "combine": [["a"]] },
                "line": { "type": "text", "required": "yes" },
                "xmin": { "pattern": "(a)\\1" },
                "e-mail": { "type": "email", "headers": ["TOTAL", " _ "] },
                "number": { "type": "text" }
              },
              "extraColumns": "total"
            }
            """,
            "conf/orders.json"));

        var lines = error.Message.Split('\n');
        lines[0].ShouldBe("conf/orders.json has 23 errors:");
        lines[1..].Select(line => line[..line.IndexOf(':', StringComparison.Ordinal)].Trim()).ShouldBe(
        [
            "colour", "columns.number", "columns.number.primary", "columns.number.type", "columns.number.headers",
            "columns.number.maxLength", "columns.number.pattern", "columns.total.trim", "columns.total.maxLength",
            "columns.total.combine", "columns.total.combine", "columns.line.required", "columns.xmin.type", "columns.xmin.pattern",
            "name", "table", "columns.line", "columns.xmin", "columns.e-mail", "key", "extraColumns", "columns.e-mail.headers",
            "columns.e-mail.headers",
        ]);
    }

    [Theory]
    [InlineData("", "d.json line 1: not valid JSON: ")]
    [InlineData("{\n\"name\": \"d\",\n\"columns\" }", "d.json line 3: not valid JSON: ")]
    [InlineData("[]", "d.json has 3 errors:\n  must be an object")]
    [InlineData("""{ "name": "\ud800" }""", "d.json: not valid JSON: a string contains half of a surrogate pair")]
    [InlineData("""{ "name": "d", "columns": {} }""", "d.json: columns: must name at least one column")]
    [InlineData("""{ "name": "d", "columns": { "a": 1 } }""", "d.json has 2 errors:\n  columns.a: must be an object: { … }\n")]
    [InlineData("""{ "name": 7, "columns": { "a": { "type": "text" } } }""", "d.json: name: must be a non-empty string")]
    [InlineData("""{ "name": "a/b", "columns": { "a": { "type": "text" } } }""", "d.json has 2 errors:\n  name: must be at most 63 lower-case")]
    [InlineData("""{ "name": "imports", "columns": { "a": { "type": "text" } } }""", "d.json: table: \"imports\" is reserved by CsvIngest")]
    [InlineData("""{ "name": "d", "table": "pg_x", "columns": { "a": { "type": "text" } } }""", "d.json: table: \"pg_x\" is reserved by CsvIngest")]
    [InlineData("""{ "name": "d", "key": "a", "columns": { "a": { "type": "decimal" } } }""", "d.json: key: a decimal cannot be the key")]
    [InlineData("""{ "name": "d", "key": "b", "columns": { "a": { "type": "text" } } }""", "d.json: key: \"b\" is not one of the columns a")]
    [InlineData("""{ "name": "d", "columns": { "created_at": { "type": "text" } } }""", "d.json: columns.created_at: every table has a column")]
    [InlineData("""{ "name": "d", "columns": { "a": { "type": "text" } }, "extraColumns": "line" }""", "d.json: extraColumns: every table has")]
    [InlineData("""{ "name": "d", "columns": { "a": { "type": "text" } }, "extraColumns": "a" }""", "d.json: extraColumns: \"a\" is already the name of a column")]
    [InlineData("""{ "name": "d", "columns": { "a": { "type": "Text" } } }""", "d.json: columns.a.type: \"Text\" is not a valid type; available: text, ")]
    [InlineData("""{ "name": "d", "columns": { "a": { "type": "text", "pattern": "a)|(b" } } }""", "d.json: columns.a.pattern: invalid regular expression")]
    [InlineData("""{ "name": "d", "columns": { "a": { "type": "text", "pattern": "(?=a)b" } } }""", "d.json: columns.a.pattern: lookarounds")]
    [InlineData("""{ "name": "d", "columns": { "a": { "type": "text", "maxLength": 1.5 } } }""", "d.json: columns.a.maxLength: must be an integer")]
    [InlineData("""{ "name": "d", "columns": { "a": { "type": "text", "headers": ["_"] } } }""", "d.json: columns.a.headers: a header name must not consist")]
    [InlineData(
        """{ "name": "d", "columns": { "a": { "type": "text", "headers": ["E-Mail"] }, "b": { "type": "text", "headers": ["e mail"] } } }""",
        "d.json: columns.b.headers: the header \"e mail\" already means columns.a")]
    [InlineData("""{ "name": "d", "columns": { "a": { "type": "text", "variants": ["x *"] } } }""", "d.json: columns.a.variants[0]: must be a list")]
    [InlineData("""{ "name": "d", "columns": { "a": { "type": "text", "variants": "x *" } } }""", "d.json: columns.a.variants: must be a list")]
    [InlineData("""{ "name": "d", "columns": { "a": { "type": "text", "variants": [["x"]] } } }""", "d.json: columns.a.variants: \"x\" must contain one")]
    [InlineData("""{ "name": "d", "columns": { "a": { "type": "text", "variants": [["- *"]] } } }""", "d.json: columns.a.variants: \"- *\" must contain")]
    [InlineData(
        """{ "name": "d", "columns": { "a": { "type": "text", "combine": [["x"], ["X"]] } } }""",
        "d.json: columns.a.combine[1]: the header \"X\" already means columns.a.combine[0]")]
    [InlineData(
        """{ "name": "d", "columns": { "a": { "type": "text" } }, "totals": { "by": "b", "sum": "a" } }""",
        "d.json has 2 errors:\n  totals.by: \"b\" is not one of the columns; available: a\n  totals.sum: \"a\" is of type text, expected integer or decimal; available: none")]
    [InlineData(
        """{ "name": "d", "columns": { "a": { "type": "date" }, "b": { "type": "integer" } }, "totals": [{ "by": "b", "sum": "b" }, { "by": "b" }] }""",
        "d.json: totals[1].sum: missing")]
    [InlineData(
        """{ "name": "d", "columns": { "a": { "type": "text" }, "b": { "type": "integer" } }, "totals": [{ "by": "a", "sum": "b" }, { "by": "a", "sum": "b" }] }""",
        "d.json: totals: the total of \"b\" by \"a\" is defined more than once")]
    public void Every_error_names_its_location(string json, string expected) =>
        Should.Throw<DatasetException>(() => DatasetFile.Parse(json, "d.json")).Message.ShouldStartWith(expected);

    [Fact]
    public void The_document_lists_every_property_and_every_type()
    {
        var listed = File.ReadLines(Repository.PathOf("docs", "datasets.md"))
            .Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .Select(line => line.Split('`')[1]);
        listed.ShouldBe([.. DefinitionReader.DatasetProperties, .. DefinitionReader.ColumnProperties, .. DefinitionReader.Types.Keys]);
    }

    [Fact]
    public void A_catalog_contains_the_built_in_datasets_and_the_given_ones()
    {
        var orders = DatasetFile.Parse("""{ "name": "orders", "columns": { "a": { "type": "text" } } }""", "orders.json");
        var contacts = DatasetFile.Parse("""{ "name": "contacts", "columns": { "a": { "type": "text" } } }""", "contacts.json");

        DatasetCatalog.BuiltIn.All.Select(dataset => dataset.Name).ShouldBe(["contacts", "subscribers", "transactions"]);
        var catalog = new DatasetCatalog([orders]);
        catalog.All.Select(dataset => dataset.Name).ShouldBe(["contacts", "orders", "subscribers", "transactions"]);
        catalog.TryGet("orders", out var found).ShouldBeTrue();
        found.ShouldBeSameAs(orders);
        catalog.TryGet("Orders", out _).ShouldBeFalse();
        new DatasetCatalog([contacts]).All.ShouldBe([contacts, DatasetCatalog.Subscribers, DatasetCatalog.Transactions]);
        Should.Throw<DatasetException>(() => new DatasetCatalog([orders, orders]))
            .Message.ShouldBe("Two datasets are named \"orders\". Rename one of them.");
    }

    [Fact]
    public void The_built_in_contacts_dataset_is_as_documented()
    {
        DatasetCatalog.BuiltIn.TryGet("contacts", out var contacts).ShouldBeTrue();
        contacts.Key.ShouldBe("email");
        contacts.Table.ShouldBe("contacts");
        contacts.ExtraColumns.ShouldBe("attributes");
        contacts.Columns.Select(column => (column.Name, column.Type, column.Required, column.MaxLength, column.Trim)).ShouldBe(
            [("email", ColumnType.Email, true, null, true), ("full_name", ColumnType.Text, true, 200, true)]);
    }

    [Fact]
    public void The_built_in_subscribers_dataset_is_contacts_without_a_required_name()
    {
        DatasetCatalog.BuiltIn.TryGet("subscribers", out var subscribers).ShouldBeTrue();
        (subscribers.Table, subscribers.Key, subscribers.ExtraColumns).ShouldBe(("subscribers", "email", "attributes"));
        subscribers.Columns.Select(column => (column.Name, column.Type, column.Required, column.MaxLength, column.Trim)).ShouldBe(
            [("email", ColumnType.Email, true, null, true), ("full_name", ColumnType.Text, false, 200, true)]);
    }
}
