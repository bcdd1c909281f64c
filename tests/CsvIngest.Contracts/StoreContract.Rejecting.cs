using CsvIngest.Store;
using Shouldly;
using Xunit;
using static CsvIngest.Contracts.ImportDraft;

namespace CsvIngest.Contracts;

public abstract partial class StoreContract<TFixture>
{
    [Fact]
    public async Task A_row_that_the_database_rejects_becomes_a_rejection_and_the_others_go_in()
    {
        var import = new ImportDraft(StoreDatasets.Guarded);
        await ApplyAsync(new ImportDraft(StoreDatasets.Guarded).Slice(1, 0, Row(2, Code(9), "1")));
        var contact = new ImportDraft(StoreDatasets.Contacts).Slice(1, 0, Row(2, Email(1), "bystander"));
        Row[] rows = [.. Enumerable.Range(2, 40).Select(line => Row(line, Code(line), line is 5 or 41 ? "-77123" : "3"))];

        var outcomes = await ApplyAsync(
            import.Slice(1, 0, rows), contact, import.Slice(2, 40, Row(42, Code(42), "-77123"), Row(43, Code(5), "1")));

        outcomes.ShouldBe([Applied(inserted: 37, duplicate: 1, rejected: 2), Applied(1), Applied(inserted: 1, rejected: 1)]);
        (await DuplicateLinesOf(import)).ShouldBe([9]);
        var rejections = await RejectionsOf(import);
        rejections.Select(rejection => rejection.Line).ShouldBe([5, 41, 42]);
        foreach (var rejection in rejections)
        {
            rejection.Code.ShouldBe("database-refused");
            rejection.Reason.ShouldContain("no_negative_amount");
            rejection.Reason.ShouldNotContain("77123");
            rejection.Raw.ShouldContain("-77123");
        }

        (await fixture.Database.QueryAsync($"SELECT line FROM guarded WHERE code = '{Code(5)}'"))
            .ShouldHaveSingleItem()[0].ShouldBe("43", "a rejected row does not occupy its key");
        _logger.All.ShouldAllBe(log => !$"{log.Message}{log.Exception}".Contains("77123", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("an integer that is not a number", "select", "many")]
    [InlineData("an integer that is too large", "select", "99999999999999999999")]
    [InlineData("no value for the key", "select", null)]
    [InlineData("a boolean that is neither true nor false", "valid", "perhaps")]
    public async Task A_value_that_its_column_cannot_hold_rejects_its_row_only(string what, string column, string? value)
    {
        var import = new ImportDraft(StoreDatasets.Measurements);
        var rejected = Measurement(1);
        rejected[StoreDatasets.Measurements.Columns.ToList().FindIndex(each => each.Name == column)] = value;

        var outcome = await ApplyAsync(import.Slice(1, 0, Row(2, Measurement(2)), Row(3, rejected), Row(4, Measurement(3))));

        outcome.ShouldBe([Applied(inserted: 2, rejected: 1)], what);
        var rejection = (await RejectionsOf(import)).ShouldHaveSingleItem();
        (rejection.Line, rejection.Code, rejection.Raw).ShouldBe((3, "database-refused", string.Join(',', rejected)));
        rejection.Reason.ShouldNotBeNullOrWhiteSpace();
        if (value is not null)
        {
            rejection.Reason.ShouldNotContain(value);
            _logger.All.ShouldAllBe(log => !$"{log.Message}{log.Exception}".Contains(value, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task A_missing_required_value_rejects_its_row_only()
    {
        var slice = new ImportDraft(StoreDatasets.Contacts).Slice(1, 0, Row(2, Email(1), null), Row(3, Email(1), "x"));

        (await ApplyAsync(slice)).ShouldBe([Applied(inserted: 1, rejected: 1)]);

        (await NameOf(Email(1))).ShouldBe("x");
    }

    [Fact]
    public async Task Every_row_of_a_slice_may_be_rejected()
    {
        var import = new ImportDraft(StoreDatasets.Guarded);
        Row[] rows = [.. Enumerable.Range(2, 100).Select(line => Row(line, Code(line), "-1"))];

        (await ApplyAsync(import.Slice(1, 0, rows), import.Closing(100, 1))).ShouldBe([Applied(rejected: 100), Applied()]);

        (await BooksOf(import)).Complete.ShouldBeTrue();
        (await RejectionsOf(import)).Select(rejection => rejection.Line)
            .ShouldBe(rows.Select(row => row.Line));
    }

    [Fact]
    public async Task A_redelivered_slice_with_rejected_and_duplicate_rows_is_applied_already()
    {
        var import = new ImportDraft(StoreDatasets.Guarded);
        var slice = import.Slice(1, 0, Row(2, Code(1), "1"), Row(3, Code(1), "2"), Row(4, Code(2), "-1"));
        (await ApplyAsync(slice)).ShouldBe([Applied(inserted: 1, duplicate: 1, rejected: 1)]);

        (await ApplyAsync(slice)).ShouldBe([PartOutcome.AlreadyApplied]);

        (await RejectionsOf(import)).ShouldHaveSingleItem().Line.ShouldBe(4);
    }

    [Fact]
    public async Task A_record_that_must_be_quoted_is_kept_as_csv()
    {
        var import = new ImportDraft(StoreDatasets.Contacts);
        var row = new Row(2, ["a \"b\", c", null], """{"city":"Bern"}""");

        await ApplyAsync(import.Slice(1, 0, row));

        (await RejectionsOf(import)).ShouldHaveSingleItem().Raw
            .ShouldBe("\"a \"\"b\"\", c\",,\"{\"\"city\"\":\"\"Bern\"\"}\"");
    }

    private static string?[] Measurement(int n) => ["note", $"{Random.Shared.NextInt64(1, long.MaxValue)}", $"{n}.5", null, null, "true", null, null];
}
