using CsvIngest.Contracts;
using CsvIngest.Store;
using Shouldly;
using Xunit;
using static CsvIngest.Contracts.ImportDraft;

namespace CsvIngest.Tests.Store;

/// <summary>What stores share about one transaction, beyond what <see cref="StoreContract{TFixture}"/> can see.</summary>
public sealed class LedgerBatchTests
{
    private readonly ImportDraft _earlier = new(StoreDatasets.Contacts);
    private readonly ImportDraft _later = new(StoreDatasets.Visits);

    [Fact]
    public void All_callers_lock_imports_slices_openings_and_closings_by_id()
    {
        var batch = new LedgerBatch(
        [
            _later.Slice(1, 0, Row(2, "page")), _later.Closing(1, 1), _earlier.Slice(2, 1, Row(3, "b", "x")), _earlier.Closing(2, 2),
            _earlier.Slice(1, 0, Row(2, "a", "x")), _earlier.Slice(2, 1, Row(9, "c", "x")), _earlier.Closing(3, 2),
            _later.Opening(new(Bytes: 1)), _earlier.Opening(new(Bytes: 2)), _earlier.Opening(new(Bytes: 3)),
        ]);

        Guid[] imports = [.. new[] { _earlier.Id, _later.Id }.Order()];
        batch.Imports.Select(part => part.ImportId).ShouldBe(imports);
        batch.Slices.Select(slice => (slice.ImportId, slice.Number)).ShouldBe(
            new[] { (_earlier.Id, 1), (_earlier.Id, 2), (_later.Id, 1) }.Order());
        batch.Slices.Single(slice => slice.Number == 2).FirstLine.ShouldBe(3, "the first of two slices with the same number is entered");
        batch.Openings.Select(opening => opening.ImportId).ShouldBe(imports);
        batch.Openings.Single(opening => opening.ImportId == _earlier.Id).Origin.Bytes.ShouldBe(2, "the first of two openings is entered");
        batch.Closings.Select(closing => closing.ImportId).ShouldBe(imports);
        batch.Closings.Single(closing => closing.ImportId == _earlier.Id).RowsRead.ShouldBe(2, "the first of two closings is entered");
    }

    [Fact]
    public void All_callers_lock_tables_by_name_and_rows_by_key()
    {
        var batch = new LedgerBatch(
        [
            _later.Slice(1, 0, Row(3, "z"), Row(2, "a")),
            _earlier.Slice(2, 2, Row(4, "b", "first"), Row(5, "Z", "x")),
            _earlier.Slice(1, 0, Row(2, "b", "second"), Row(3, "a", "x")),
        ]);
        batch.Classify(new LedgerEntries());

        var tables = batch.RowsInLockOrder().ToList();

        tables.Select(table => table.Dataset).ShouldBe([StoreDatasets.Contacts, StoreDatasets.Visits]);
        tables[0].Rows.ToArray().Select(row => (row.Row.Texts()[0], row.Row.Line)).ShouldBe([("Z", 5), ("a", 3), ("b", 4), ("b", 2)]);
        tables[0].Rows.ToArray().Select(row => row.RepeatsKey).ShouldBe([false, false, false, true]);
        tables[1].Rows.ToArray().Select(row => row.Row.Line).ShouldBe([3, 2], "without a key, the order of the slice");
    }

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("the beginning of every key")]
    [InlineData("\u00FC\u00DF\U0001F600")]
    public void Rows_are_sorted_by_the_bytes_of_their_keys_whatever_the_keys_begin_with(string beginning)
    {
        string[] ends = ["", "1", "12345678", "123456789", "1234567", "12345678z", "\u0001", "\u00FC", "z", "12345679", "1", "\uFFFC", "\U00010000"];
        var rows = ends.Select((end, i) => Row(i + 2, beginning + end, "x")).ToArray();
        var batch = new LedgerBatch([_earlier.Slice(1, 0, rows)]);
        batch.Classify(new LedgerEntries());

        var sorted = batch.RowsInLockOrder().Single().Rows.ToArray();

        sorted.Select(row => (row.Row.Texts()[0], row.Row.Line)).ShouldBe(
            rows.OrderBy(row => Convert.ToHexString(row.Value(0).Span), StringComparer.Ordinal).ThenBy(row => row.Line)
                .Select(row => (row.Texts()[0], row.Line)));
    }

    [Fact]
    public void The_inserted_rows_of_each_slice_are_kept()
    {
        var slice = _earlier.Slice(1, 0, [Row(2, "a", "x"), Row(3, "a", "y"), Row(4, "b", "x")], [Rejection(5)], [6]);
        var batch = new LedgerBatch([slice, _earlier.Closing(5, 1)]);
        batch.Classify(new LedgerEntries());
        var applied = batch.NewSlices.ShouldHaveSingleItem();

        applied.AddInserted(slice.Rows[0]);
        applied.AddDuplicate(slice.Rows[1]);
        applied.AddRejected(slice.Rows[2], "no");

        applied.Inserted.ShouldBe([slice.Rows[0]]);
        applied.DuplicateLines.ShouldBe([6, 3]);
        applied.Rejections.Select(rejection => (rejection.Line, rejection.Reason)).ShouldBe([(5, "not an email address"), (4, "no")]);
        batch.Outcomes().ShouldBe([new PartOutcome(PartOutcomeKind.Applied, 1, 2, 2), new PartOutcome(PartOutcomeKind.Applied)]);
    }
}
