using System.Buffers;
using System.Text;
using CsvIngest.Datasets;
using CsvIngest.Values;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Values;

public sealed class RowRulesTests
{
    [Theory]
    [InlineData("true", "true")]
    [InlineData("T", "true")]
    [InlineData(" Yes ", "true")]
    [InlineData("y", "true")]
    [InlineData("1", "true")]
    [InlineData("FALSE", "false")]
    [InlineData("f", "false")]
    [InlineData("No", "false")]
    [InlineData("N", "false")]
    [InlineData("0", "false")]
    public void Booleans_have_ten_spellings(string value, string expected) =>
        Canonical.FormOrReason(ColumnType.Boolean, value).ShouldBe(expected);

    [Theory]
    [InlineData("on")]
    [InlineData("2")]
    [InlineData("ja")]
    [InlineData("truth")]
    [InlineData("\u0014")]
    public void Other_words_are_not_booleans(string value) =>
        Canonical.Of(ColumnType.Boolean, value).RejectReason!.Code.ShouldBe(RejectCodes.InvalidBoolean);

    [Theory]
    [InlineData("01890a5d-ac96-774b-bcce-b302099a8057")]
    [InlineData("01890A5D-AC96-774B-BCCE-B302099A8057")]
    [InlineData("{01890A5D-AC96-774B-BCCE-B302099A8057}")]
    [InlineData("01890a5dac96774bbcceb302099a8057")]
    public void Uuids_become_lower_case_with_hyphens(string value) =>
        Canonical.FormOrReason(ColumnType.Uuid, value).ShouldBe("01890a5d-ac96-774b-bcce-b302099a8057");

    [Theory]
    [InlineData("01890a5d-ac96-774b-bcce-b302099a805")]
    [InlineData("01890a5d-ac96-774b-bcce-b302099a805g")]
    [InlineData("01890a5d-ac96-774bb-cce-b302099a8057")]
    [InlineData("{01890a5dac96774bbcceb302099a8057}")]
    [InlineData("(01890a5d-ac96-774b-bcce-b302099a8057)")]
    public void Other_forms_are_not_uuids(string value) =>
        Canonical.Of(ColumnType.Uuid, value).RejectReason!.Code.ShouldBe(RejectCodes.InvalidUuid);

    [Theory]
    [InlineData(null, 600)]
    [InlineData(200, 200)]
    [InlineData(1000, 600)]
    public void A_value_that_has_a_total_has_at_most_600_characters(int? maxLength, int longest)
    {
        Column[] columns = [new("account", ColumnType.Text, MaxLength: maxLength), new("amount", ColumnType.Decimal)];
        var rules = new RowRules(new Dataset("payments", "payments", null, columns, null) { Totals = [new TotalDefinition("account", "amount")] });
        var output = new ArrayBufferWriter<byte>();

        rules.Canonicalize(0, Encoding.UTF8.GetBytes(new string('é', longest)), output).ShouldBeNull();
        rules.Canonicalize(0, Encoding.UTF8.GetBytes(new string('é', longest + 1)), output)!.Code.ShouldBe(RejectCodes.TooLong);
    }

    [Fact]
    public void Text_is_unchanged_unless_it_is_trimmed()
    {
        Canonical.Of(new Column("note", ColumnType.Text), "  a\t b\n").Form.ShouldBe("  a\t b\n");
        Canonical.Of(new Column("note", ColumnType.Text, Trim: true), "\u3000 a  b\u00A0\r\n").Form.ShouldBe("a  b");
        Canonical.Of(new Column("note", ColumnType.Text, Trim: true), "\u200Ba").Form.ShouldBe("\u200Ba");
    }

    [Fact]
    public void An_empty_value_is_absent_or_missing_if_required()
    {
        foreach (var type in Canonical.AllTypes)
        {
            Canonical.Of(new Column("value", type), "").Form.ShouldBe("");
            var reason = Canonical.Of(new Column("value", type, Required: true), "").RejectReason;
            reason.ShouldBe(new RejectReason(RejectCodes.MissingValue, "value", "a value is required"));
        }

        Canonical.Of(new Column("value", ColumnType.Integer, Required: true), " \u00A0").RejectReason!.Code.ShouldBe(RejectCodes.MissingValue);
        Canonical.Of(new Column("value", ColumnType.Text, Required: true, Trim: true), " ").RejectReason!.Code.ShouldBe(RejectCodes.MissingValue);
        Canonical.Of(new Column("value", ColumnType.Text, Required: true), " ").Form.ShouldBe(" ");
    }

    [Fact]
    public void A_key_is_always_required()
    {
        var rules = new RowRules(new Dataset("test", "test", "id", [new Column("id", ColumnType.Text)], null));
        Canonical.Of(rules, []).RejectReason!.Code.ShouldBe(RejectCodes.MissingValue);
    }

    [Fact]
    public void Lengths_count_characters_of_the_canonical_form()
    {
        var column = new Column("name", ColumnType.Text, MaxLength: 3, Trim: true);
        Canonical.Of(column, " \U0001F600éa ").Form.ShouldBe("\U0001F600éa");
        Canonical.Of(column, "e\u0301ab").RejectReason.ShouldBe(new RejectReason(RejectCodes.TooLong, "name", "longer than 3 characters"));
        Canonical.Of(new Column("email", ColumnType.Email, MaxLength: 10), "ann@example.com").RejectReason!.Code.ShouldBe(RejectCodes.TooLong);
    }

    [Fact]
    public void A_pattern_is_matched_against_the_canonical_form()
    {
        var dataset = DatasetFile.Parse(
            """{ "name": "t", "columns": { "sku": { "type": "text", "trim": true, "pattern": "[A-Z]{2}|[0-9]+" } } }""", "t.json");
        var rules = new RowRules(dataset);
        Canonical.Of(rules, " AB "u8.ToArray()).Form.ShouldBe("AB");
        Canonical.Of(rules, "12345"u8.ToArray()).Form.ShouldBe("12345");
        Canonical.Of(rules, "ABC"u8.ToArray()).RejectReason.ShouldBe(
            new RejectReason(RejectCodes.PatternMismatch, "sku", "does not match the column's pattern"));
        Canonical.Of(rules, "AB\n12"u8.ToArray()).RejectReason!.Code.ShouldBe(RejectCodes.PatternMismatch);
        Canonical.Of(rules, Encoding.UTF8.GetBytes(new string('1', 100_000))).Form!.Length.ShouldBe(100_000);
    }

    [Fact]
    public void NUL_and_invalid_UTF8_are_rejected()
    {
        var rules = Canonical.RulesOf(new Column("note", ColumnType.Text));
        Canonical.Of(rules, "a\0b"u8.ToArray()).RejectReason!.Code.ShouldBe(RejectCodes.ForbiddenCharacter);
        Canonical.Of(rules, [0xC3]).RejectReason!.Code.ShouldBe(RejectCodes.InvalidEncoding);
        Canonical.Of(rules, [0xED, 0xA0, 0x80]).RejectReason!.Code.ShouldBe(RejectCodes.InvalidEncoding);
        rules.CheckExtra("phone", "a\0b"u8).ShouldBe(new RejectReason(RejectCodes.ForbiddenCharacter, "phone", "contains a NUL character, which databases cannot store"));
        rules.CheckExtra("phone", "a\0b"u8).ShouldBeSameAs(rules.CheckExtra("phone", "\0"u8));
        rules.CheckExtra("phone", [0xFF])!.Code.ShouldBe(RejectCodes.InvalidEncoding);
        rules.CheckExtra("phone", "\t any thing "u8).ShouldBeNull();
    }

    [Theory]
    [InlineData("Ann Lee", " Ann ", " Lee ")]
    [InlineData("Ann", "Ann", " ")]
    [InlineData("Lee", "", "Lee")]
    [InlineData("Ann Mary van der Berg", "Ann", "", "Mary", "van der Berg")]
    [InlineData("", " ", "")]
    public void Texts_are_joined_with_a_space(string expected, params string[] texts)
    {
        var joined = new JoinedText();
        joined.Append("earlier"u8);
        joined.Clear();
        foreach (var text in texts)
        {
            joined.Append(Encoding.UTF8.GetBytes(text));
        }

        Encoding.UTF8.GetString(joined.Span).ShouldBe(expected);
    }

    [Fact]
    public void Long_texts_are_joined_too()
    {
        var joined = new JoinedText();
        joined.Append(Encoding.UTF8.GetBytes(new string('a', 1000)));
        joined.Append(Encoding.UTF8.GetBytes(new string('b', 100_000)));
        Encoding.UTF8.GetString(joined.Span).ShouldBe(new string('a', 1000) + ' ' + new string('b', 100_000));
    }

    [Fact]
    public void Canonical_forms_are_appended_to_the_output()
    {
        var rules = Canonical.RulesOf(new Column("email", ColumnType.Email));
        var output = new ArrayBufferWriter<byte>();
        rules.Canonicalize(0, "A@example.com"u8, output).ShouldBeNull();
        rules.Canonicalize(0, "b@"u8, output).ShouldNotBeNull();
        rules.Canonicalize(0, "C@example.com"u8, output).ShouldBeNull();
        Encoding.UTF8.GetString(output.WrittenSpan).ShouldBe("a@example.comc@example.com");
    }
}
