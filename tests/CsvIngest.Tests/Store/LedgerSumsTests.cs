using CsvIngest.Store;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Store;

public sealed class LedgerSumsTests
{
    private static readonly LedgerSums Open = new(
        Guid.Empty, "f.csv", "contacts", DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch, Origin: null, Inserted: 5, Duplicate: 2, Rejected: 3, Slices: 2,
        HighestNumber: 4, HighestRow: 20, ClosedRows: null, ClosedSlices: null);

    [Theory]
    [InlineData(new int[0], 0, "")]
    [InlineData(new int[0], 3, "1-3")]
    [InlineData(new[] { 1, 2, 3 }, 3, "")]
    [InlineData(new[] { 2, 3, 6 }, 9, "1-1 4-5 7-9")]
    public void Missing_numbers_are_ranges(int[] present, int last, string expected) =>
        string.Join(' ', LedgerSums.MissingRanges(present, last).Select(range => $"{range.First}-{range.Last}")).ShouldBe(expected);

    [Fact]
    public void An_open_import_has_the_rows_that_its_slices_prove()
    {
        Open.ToBooks([1, 4]).RowsRead.ShouldBe(20);
        (Open with { HighestRow = 0 }).ToBooks([1, 4]).RowsRead.ShouldBe(10);
        Open.ToBooks([1, 4]).MissingSlices.ShouldBe([(2, 3)]);
    }

    [Fact]
    public void A_closed_import_has_the_rows_that_its_closing_says()
    {
        var books = (Open with { ClosedRows = 25, ClosedSlices = 5 }).ToBooks([1, 4]);
        books.RowsRead.ShouldBe(25);
        books.Outstanding.ShouldBe(15);
        books.MissingSlices.ShouldBe([(2, 3), (5, 5)]);
        books.Complete.ShouldBeFalse();
    }

    [Fact]
    public void Numbers_are_not_read_when_none_is_missing() =>
        (Open with { Slices = 4 }).ToBooks(NotToBeRead()).MissingSlices.ShouldBeEmpty();

    private static IEnumerable<int> NotToBeRead()
    {
        yield return ((Func<int>)(() => throw new InvalidOperationException("Read although nothing is missing.")))();
    }
}
