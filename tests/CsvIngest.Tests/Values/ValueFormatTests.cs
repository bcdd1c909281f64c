using System.Text;
using CsvIngest.Datasets;
using CsvIngest.Importing;
using CsvIngest.Importing.Sources;
using CsvIngest.Tests.Importing;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Values;

public sealed class ValueFormatTests
{
    private const string German =
        """
        "day": { "type": "date", "format": ["dd.MM.yyyy", "yyyy-MM-dd"] },
        "price": { "type": "decimal", "decimal": ",", "group": "." },
        "paid": { "type": "boolean", "true": ["ja"], "false": ["nein"] }
        """;

    [Theory]
    [InlineData("\"dd.MM.yyyy\"", "01.02.2024", "2024-02-01")]
    [InlineData("\"d.M.yyyy\"", "1.12.2024", "2024-12-01")]
    [InlineData("\"d.M.yyyy\"", "01.02.2024", "2024-02-01")]
    [InlineData("[\"MM/dd/yyyy\", \"dd.MM.yyyy\"]", "12.11.2024", "2024-11-12")]
    [InlineData("[\"MM/dd/yyyy\", \"dd.MM.yyyy\"]", " 12/11/2024 ", "2024-12-11")]
    [InlineData("\"dd.MM.yy\"", "01.02.68", "2068-02-01")]
    [InlineData("\"dd.MM.yy\"", "01.02.69", "1969-02-01")]
    [InlineData("\"yyyyMMdd\"", "20240229", "2024-02-29")]
    [InlineData("\"d-MMM-yyyy\"", "3-mar-2024", "2024-03-03")]
    [InlineData("\"MMMM d, yyyy\"", "September 3, 2024", "2024-09-03")]
    [InlineData("\"d'. 'M'. 'yyyy\"", "3. 9. 2024", "2024-09-03")]
    [InlineData("\"M/d/yyyy' 0:00'\"", "9/3/2024 0:00", "2024-09-03")]
    [InlineData("\"dd.MM.yyyy\"", "1.2.2024", "not a date (expected dd.MM.yyyy)")]
    [InlineData("\"dd.MM.yyyy\"", "2024-02-01", "not a date (expected dd.MM.yyyy)")]
    [InlineData("\"dd.MM.yyyy\"", "01.02.2024 ok", "not a date (expected dd.MM.yyyy)")]
    [InlineData("\"dd.MM.yyyy\"", "01.02.24", "not a date (expected dd.MM.yyyy)")]
    [InlineData("[\"dd.MM.yyyy\", \"d/M/yyyy\"]", "x", "not a date (expected dd.MM.yyyy or d/M/yyyy)")]
    [InlineData("\"dd.MM.yyyy\"", "30.02.2024", "not a date (year, month or day out of range)")]
    [InlineData("\"dd.MM.yyyy\"", "01.01.0000", "not a date (year, month or day out of range)")]
    public void Dates_are_read_in_the_formats_of_their_column(string format, string value, string expected) =>
        FormOrReason($$"""{ "type": "date", "format": {{format}} }""", value).ShouldBe(expected);

    [Theory]
    [InlineData("dd.MM.yyyy HH:mm", "01.02.2024 09:05", "2024-02-01T09:05:00Z")]
    [InlineData("dd.MM.yyyy", "01.02.2024", "2024-02-01T00:00:00Z")]
    [InlineData("M/d/yyyy h:mm:ss tt", "2/1/2024 12:05:06 AM", "2024-02-01T00:05:06Z")]
    [InlineData("M/d/yyyy h:mm tt", "2/1/2024 12:05 pm", "2024-02-01T12:05:00Z")]
    [InlineData("M/d/yyyy h:mm tt", "2/1/2024 11:05 PM", "2024-02-01T23:05:00Z")]
    [InlineData("dd/MM/yyyyTHH:mm:ss.fffzzz", "01/02/2024T00:05:06.125+02:00", "2024-01-31T22:05:06.125Z")]
    [InlineData("dd/MM/yyyy HH:mm zzz", "01/02/2024 00:05 Z", "2024-02-01T00:05:00Z")]
    [InlineData("dd/MM/yyyy HH:mm zzz", "01/02/2024 00:05 CET", "not a timestamp (expected dd/MM/yyyy HH:mm zzz)")]
    [InlineData("dd/MM/yyyy HH:mm", "01/02/2024 24:00", "not a timestamp (date or time out of range)")]
    [InlineData("M/d/yyyy h:mm tt", "2/1/2024 13:05 PM", "not a timestamp (date or time out of range)")]
    [InlineData("dd/MM/yyyy HH:mm zzz", "01/01/0001 00:05 +01:00", "not a timestamp (outside the years 0001 to 9999 in UTC)")]
    public void Timestamps_are_read_in_the_formats_of_their_column(string format, string value, string expected) =>
        FormOrReason($$"""{ "type": "timestamp", "format": "{{format}}" }""", value).ShouldBe(expected);

    [Theory]
    [InlineData("\"decimal\": \",\"", "12,50", "12.50")]
    [InlineData("\"decimal\": \",\"", "-,5", "-0.5")]
    [InlineData("\"decimal\": \",\"", "1234567,8", "1234567.8")]
    [InlineData("\"decimal\": \",\"", "12.50", "not a decimal number (expected digits as in 1234,56)")]
    [InlineData("\"decimal\": \",\"", "1,2,3", "not a decimal number (expected digits as in 1234,56)")]
    [InlineData("\"decimal\": \",\", \"group\": \".\"", "1.234.567,80", "1234567.80")]
    [InlineData("\"decimal\": \",\", \"group\": \".\"", "+1234567,80", "1234567.80")]
    [InlineData("\"decimal\": \",\", \"group\": \".\"", "12.50", "not a decimal number (expected digits as in 1.234,56)")]
    [InlineData("\"decimal\": \",\", \"group\": \".\"", "1234.567", "not a decimal number (expected digits as in 1.234,56)")]
    [InlineData("\"decimal\": \",\", \"group\": \".\"", "0.125", "not a decimal number (expected digits as in 1.234,56)")]
    [InlineData("\"decimal\": \",\", \"group\": \".\"", "1.234.", "not a decimal number (expected digits as in 1.234,56)")]
    [InlineData("\"decimal\": \",\", \"group\": \".\"", ".123", "not a decimal number (expected digits as in 1.234,56)")]
    [InlineData("\"decimal\": \",\", \"group\": \".\"", "-", "not a decimal number (expected digits as in 1.234,56)")]
    [InlineData("\"decimal\": \",\", \"group\": \".\"", ",", "not a decimal number (expected digits as in 1.234,56)")]
    [InlineData("\"decimal\": \",\", \"group\": \" \"", "1 234\u00A0567,8", "not a decimal number (expected digits as in 1 234,56)")]
    [InlineData("\"decimal\": \",\", \"group\": \" \"", "1\u202F234\u202F567,8", "1234567.8")]
    [InlineData("\"group\": \",\"", "1,234.50", "1234.50")]
    [InlineData("\"group\": \"'\"", "1’234.50", "1234.50")]
    public void Decimals_are_read_with_the_marks_of_their_column(string marks, string value, string expected) =>
        FormOrReason($$"""{ "type": "decimal", {{marks}} }""", value).ShouldBe(expected);

    [Theory]
    [InlineData("1.234", "1234")]
    [InlineData("-12.345.678", "-12345678")]
    [InlineData("007", "7")]
    [InlineData("12.5", "not a whole number (expected digits as in 1.234)")]
    [InlineData("9.223.372.036.854.775.807", "9223372036854775807")]
    [InlineData("9.223.372.036.854.775.808", "not a whole number (outside the 64-bit range)")]
    public void Integers_are_read_with_the_separator_of_their_column(string value, string expected) =>
        FormOrReason("""{ "type": "integer", "group": "." }""", value).ShouldBe(expected);

    [Fact]
    public void A_number_of_too_many_digits_is_rejected_whatever_its_format()
    {
        const string Decimal = """{ "type": "decimal", "decimal": "," }""";

        FormOrReason(Decimal, new string('1', 1000)).ShouldBe(new string('1', 1000));
        FormOrReason(Decimal, new string('1', 1001)).ShouldBe("not a decimal number (more than 1000 digits)");
        FormOrReason(Decimal, new string('1', 1_000_000)).ShouldBe("not a decimal number (more than 1000 digits)");
        FormOrReason("""{ "type": "integer", "group": "." }""", new string('1', 1_000_000)).ShouldBe("not a whole number (outside the 64-bit range)");
    }

    [Theory]
    [InlineData("\"true\": [\"ja\", \"y\"], \"false\": [\"nein\"]", "JA", "true")]
    [InlineData("\"true\": [\"ja\", \"y\"], \"false\": [\"nein\"]", "nein", "false")]
    [InlineData("\"true\": [\"ja\", \"y\"], \"false\": [\"nein\"]", "yes", "not a boolean (expected ja, y or nein)")]
    [InlineData("\"true\": [\"sí\"], \"false\": [\"no\"]", "SÍ", "true")]
    [InlineData("\"true\": [\"x\"]", "no", "false")]
    [InlineData("\"true\": [\"0\"], \"false\": [\"1\"]", "1", "false")]
    public void Booleans_are_read_in_the_words_of_their_column(string words, string value, string expected) =>
        FormOrReason($$"""{ "type": "boolean", {{words}} }""", value).ShouldBe(expected);

    [Fact]
    public void A_word_that_is_longer_than_any_is_no_boolean() =>
        FormOrReason("""{ "type": "boolean", "true": ["x"] }""", new string('x', 100_000)).ShouldStartWith("not a boolean");

    [Theory]
    [InlineData("dd/MM/yyyy", "MM/dd/yyyy")]
    [InlineData("d/M/yyyy", "MM/dd/yyyy")]
    [InlineData("yyyyMMdd", "ddMMyyyy")]
    [InlineData("yyMMdd", "ddMMyy")]
    [InlineData("dd.MM.yy", "yy.MM.dd")]
    [InlineData("dd.MM.yyyy HH:mm", "MM.dd.yyyy HH:mm")]
    [InlineData("dd.MM.yyyy HH", "HH.MM.yyyy dd")]
    public void Formats_that_are_ambiguous_with_each_other_are_errors(string one, string other)
    {
        string[] patterns = [one, other];
        foreach (var pair in new[] { patterns, [.. patterns.Reverse()] })
        {
            var formats = string.Join("\", \"", pair);
            var error = Should.Throw<DatasetException>(() => ColumnOf($$"""{ "type": "timestamp", "format": ["{{formats}}"] }"""));

            error.Message.ShouldContain($"value.format: \"{pair[0]}\" and \"{pair[1]}\" are ambiguous: ");
        }
    }

    [Theory]
    [InlineData("dd.MM.yyyy", "d.M.yyyy")]
    [InlineData("dd.MM.yyyy", "dd.MM.yy")]
    [InlineData("dd.MM.yyyy", "MM/dd/yyyy")]
    [InlineData("dd.MM.yyyy", "dd.MM.yyyy HH:mm")]
    [InlineData("d/M/yyyy H:mm", "d/M/yyyy h:mm tt")]
    public void Formats_that_are_not_ambiguous_with_each_other_are_tried_in_order(string one, string other) =>
        ColumnOf($$"""{ "type": "timestamp", "format": ["{{one}}", "{{other}}"] }""").Format!.ToString().ShouldBe($"{one} or {other}");

    [Theory]
    [InlineData("""{ "type": "text", "format": "dd.MM.yyyy" }""", "value.format: only date and timestamp columns")]
    [InlineData("""{ "type": "integer", "decimal": "," }""", "value.decimal: only decimal columns")]
    [InlineData("""{ "type": "date", "group": "." }""", "value.group: only integer and decimal columns")]
    [InlineData("""{ "type": "text", "true": ["ja"] }""", "value.true: only boolean columns")]
    [InlineData("""{ "type": "date", "format": 1 }""", "value.format: must be a list of strings")]
    [InlineData("""{ "type": "date", "format": [] }""", "value.format: must contain at least one format")]
    [InlineData("""{ "type": "date", "format": "" }""", "value.format: \"\": must contain a year")]
    [InlineData("""{ "type": "date", "format": "dd.MM" }""", "value.format: \"dd.MM\": must contain a year")]
    [InlineData("""{ "type": "date", "format": "dd.mm.yyyy" }""", "value.format: \"dd.mm.yyyy\": must contain a year")]
    [InlineData("""{ "type": "date", "format": "TT.MM.JJJJ" }""", "value.format: \"TT.MM.JJJJ\": \"JJJJ\" does not begin with one of the fields yyyy, yy, ")]
    [InlineData("""{ "type": "date", "format": "dd.MM.yyy" }""", "value.format: \"dd.MM.yyy\": \"yyy\" does not begin")]
    [InlineData("""{ "type": "date", "format": "dd.MM.yyyy HH:mm" }""", "value.format: \"dd.MM.yyyy HH:mm\": a date has no time of day")]
    [InlineData("""{ "type": "date", "format": "ddMyyyy" }""", "value.format: \"ddMyyyy\": a field of one or two digits must not be followed")]
    [InlineData("""{ "type": "date", "format": "dd.MM.yyyy dd" }""", "value.format: \"dd.MM.yyyy dd\": contains a field twice")]
    [InlineData("""{ "type": "date", "format": "dd.MM.yyyy 'x" }""", "value.format: \"dd.MM.yyyy 'x\": \"'x\" does not begin")]
    [InlineData("""{ "type": "timestamp", "format": "dd.MM.yyyy hh:mm" }""", "value.format: \"dd.MM.yyyy hh:mm\": h and hh need tt")]
    [InlineData("""{ "type": "timestamp", "format": "dd.MM.yyyy mm" }""", "value.format: \"dd.MM.yyyy mm\": minutes, seconds and offsets need hours")]
    [InlineData("""{ "type": "timestamp", "format": "dd.MM.yyyy HH:ss" }""", "value.format: \"dd.MM.yyyy HH:ss\": seconds need minutes")]
    [InlineData("""{ "type": "decimal", "decimal": "x" }""", "value.decimal: must be one of \".\" \",\"")]
    [InlineData("""{ "type": "decimal", "group": "." }""", "value.group: is the decimal mark, unless")]
    [InlineData("""{ "type": "decimal", "decimal": ",", "group": "," }""", "value.group: must not be the decimal mark")]
    [InlineData("""{ "type": "boolean", "true": "ja" }""", "value.true: must be a list of strings")]
    [InlineData("""{ "type": "boolean", "true": [] }""", "value.true: must contain at least one word")]
    [InlineData("""{ "type": "boolean", "true": [" "] }""", "value.true: a word must have 1 to 40 characters")]
    [InlineData("""{ "type": "boolean", "true": ["n"] }""", "value.true: \"n\" means true and false; list the words of both")]
    [InlineData("""{ "type": "boolean", "true": ["J"], "false": ["j"] }""", "value.true: \"J\" means true and false")]
    public void Errors_in_formats_name_their_location(string column, string expected) =>
        Should.Throw<DatasetException>(() => ColumnOf(column)).Message.ShouldStartWith($"d.json: columns.{expected}");

    [Fact]
    public void All_errors_in_formats_are_reported_at_once() =>
        Should.Throw<DatasetException>(() => DatasetFile.Parse(
            """
            { "name": "d", "columns": {
                "a": { "type": "date", "format": ["dd/MM/yyyy", "MM/dd/yyyy", "x"] },
                "b": { "type": "decimal", "decimal": ";", "group": "." },
                "c": { "type": "boolean", "true": [""], "false": 1 } } }
            """,
            "d.json")).Message.ShouldStartWith("d.json has 6 errors:\n");

    [Fact]
    public async Task The_consumer_takes_the_values_of_a_message_as_canonical()
    {
        var dataset = DatasetFile.Parse($$"""{ "name": "d", "columns": { {{German}} } }""", "d.json");

        var file = await ImportedFile.FromAsync(
            Source.FromStream("f.csv", () => new MemoryStream(Encoding.UTF8.GetBytes(
                "day;price;paid\n01.02.2024;1.234,50;ja\n2024-02-03;12,5;NEIN\n;1;\n02/03/2024;1;ja\n01.02.2024;12.50;ja\n01.02.2024;1;yes\n"))),
            new ImportOptions(),
            dataset);

        file.Rows.Select(row => string.Join('|', row.Texts())).ShouldBe(["2024-02-01|1234.50|true", "2024-02-03|12.5|false", "|1|"]);
        file.RejectReasons.ShouldBe(["5 day invalid-date", "6 price invalid-number", "7 paid invalid-boolean"]);
    }

    [Fact]
    public void An_import_is_not_resumed_with_other_formats()
    {
        var german = DatasetFile.Parse($$"""{ "name": "d", "columns": { {{German}} } }""", "d.json");

        ImportShape.HashOf(german).ShouldNotBe(ImportShape.HashOf(german.WithoutFormats()));
    }

    private static Column ColumnOf(string definition) =>
        DatasetFile.Parse($$"""{ "name": "d", "columns": { "value": {{definition}} } }""", "d.json").Columns[0];

    private static string FormOrReason(string definition, string value)
    {
        var (form, reason) = Canonical.Of(ColumnOf(definition), value);
        if (form is not null)
        {
            var column = ColumnOf(definition) with { Format = null };
            Canonical.Of(column, form).Form.ShouldBe(form, "a canonical form needs no format");
        }

        return form ?? reason!.Reason;
    }
}
