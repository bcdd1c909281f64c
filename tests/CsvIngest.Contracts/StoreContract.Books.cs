using CsvIngest.Store;
using Shouldly;
using Xunit;
using static CsvIngest.Contracts.ImportDraft;

namespace CsvIngest.Contracts;

public abstract partial class StoreContract<TFixture>
{
    [Fact]
    public async Task Books_of_a_closed_import_balance()
    {
        var import = new ImportDraft(StoreDatasets.Contacts, "june.csv");
        await ApplyAsync(
            import.Slice(1, 0, [Row(2, Email(1), "x"), Row(3, Email(1), "y")], [Rejection(4)], [5]),
            import.Slice(2, 4, Row(6, Email(2), "z")),
            import.Closing(5, 2));

        var books = await BooksOf(import);

        books.ShouldSatisfyAllConditions(
            () => books.Source.ShouldBe("june.csv"),
            () => books.Dataset.ShouldBe("contacts"),
            () => books.StartedAt.ShouldBe(DateTimeOffset.UtcNow, TimeSpan.FromMinutes(5)),
            () => books.RowsRead.ShouldBe(5),
            () => books.Inserted.ShouldBe(2),
            () => books.Duplicate.ShouldBe(2),
            () => books.Rejected.ShouldBe(1),
            () => books.Outstanding.ShouldBe(0),
            () => books.SlicesApplied.ShouldBe(2),
            () => books.SlicesExpected.ShouldBe(2),
            () => books.MissingSlices.ShouldBeEmpty(),
            () => books.Complete.ShouldBeTrue());
    }

    [Fact]
    public async Task An_opening_makes_an_import_known_with_where_it_comes_from()
    {
        var import = new ImportDraft(StoreDatasets.Contacts, "june.csv");
        var origin = new ImportOrigin(
            1L << 40, new DateTimeOffset(2026, 6, 1, 12, 30, 15, 250, TimeSpan.Zero), "máquina", "ann", new string('a', 64));

        (await ApplyAsync(import.Opening(origin))).ShouldBe([Applied()]);

        var books = await BooksOf(import);
        (books.Source, books.Dataset, books.Origin).ShouldBe(("june.csv", "contacts", origin));
        (books.RowsRead, books.Outstanding, books.SlicesApplied, books.Closed, books.Complete).ShouldBe((0, 0, 0, false, false));
        books.MissingSlices.ShouldBeEmpty();
    }

    [Fact]
    public async Task Of_several_openings_the_first_stays_wherever_it_comes()
    {
        var import = new ImportDraft(StoreDatasets.Contacts);
        var other = new ImportDraft(StoreDatasets.Contacts);
        var nothing = new ImportOrigin();

        await ApplyAsync(import.Slice(1, 0, Row(2, Email(1), "x")));
        (await BooksOf(import)).Origin.ShouldBeNull();
        (await ApplyAsync(import.Closing(1, 1), import.Opening(nothing), other.Opening(new(Bytes: 5)), import.Opening(new(Bytes: 7))))
            .ShouldBe([Applied(), Applied(), Applied(), PartOutcome.AlreadyApplied]);
        (await ApplyAsync(import.Opening(new(Bytes: 8)))).ShouldBe([PartOutcome.AlreadyApplied]);

        var books = await BooksOf(import);
        (books.Origin, books.Inserted, books.Complete).ShouldBe((nothing, 1, true));
        (await BooksOf(other)).Origin.ShouldBe(new ImportOrigin(Bytes: 5));
    }

    [Fact]
    public async Task The_hash_of_the_content_comes_with_the_closing_or_the_opening_in_either_order()
    {
        var (first, last) = (new string('a', 64), new string('b', 64));
        var closed = new ImportDraft(StoreDatasets.Contacts);
        var overtaken = new ImportDraft(StoreDatasets.Contacts);
        var opened = new ImportDraft(StoreDatasets.Contacts);

        await ApplyAsync(closed.Opening(new(Host: "h")), closed.Closing(0, 0, last));
        await ApplyAsync(overtaken.Closing(0, 0, last));
        await ApplyAsync(overtaken.Opening(new(Host: "h")));
        await ApplyAsync(opened.Opening(new(ContentHash: first)), opened.Closing(0, 0));

        (await BooksOf(closed)).Origin.ShouldBe(new ImportOrigin(Host: "h", ContentHash: last));
        (await BooksOf(overtaken)).Origin.ShouldBe(new ImportOrigin(Host: "h", ContentHash: last));
        (await BooksOf(opened)).Origin.ShouldBe(new ImportOrigin(ContentHash: first));
    }

    [Fact]
    public async Task Books_tell_when_the_import_began_and_when_its_last_part_was_stored()
    {
        var import = new ImportDraft(StoreDatasets.Contacts);
        var began = new DateTimeOffset(2026, 6, 1, 12, 30, 15, TimeSpan.Zero);
        await ApplyAsync(import.Slice(1, 0, Row(2, Email(1), "x")));
        var first = await BooksOf(import);
        await ApplyAsync(import.Opening(new(StartedAt: began)));
        await ApplyAsync(import.Closing(1, 1));

        var last = await BooksOf(import);

        first.BeganAt.ShouldBe(first.StartedAt);
        last.BeganAt.ShouldBe(began);
        last.StartedAt.ShouldBe(first.StartedAt);
        last.ChangedAt.ShouldBeGreaterThan(first.ChangedAt);
        first.ChangedAt.ShouldBeGreaterThanOrEqualTo(first.StartedAt);
        last.ReadAt.ShouldBeInRange(last.ChangedAt, last.ChangedAt + TimeSpan.FromMinutes(5));
        last.Duration.ShouldBe(last.ChangedAt - began);
    }

    [Fact]
    public async Task A_closing_may_come_before_its_slices()
    {
        var import = new ImportDraft(StoreDatasets.Contacts);
        (await ApplyAsync(import.Closing(3, 2))).ShouldBe([Applied()]);

        var books = await BooksOf(import);
        (books.RowsRead, books.Outstanding, books.Closed, books.Complete).ShouldBe((3, 3, true, false));
        books.MissingSlices.ShouldBe([(1, 2)]);

        await ApplyAsync(import.Slice(2, 2, Row(4, Email(3), "x")));
        await ApplyAsync(import.Slice(1, 0, Row(2, Email(1), "x"), Row(3, Email(2), "x")));
        (await BooksOf(import)).Complete.ShouldBeTrue();
    }

    [Fact]
    public async Task Closing_again_is_applied_already_and_another_closing_is_a_conflict()
    {
        var import = new ImportDraft(StoreDatasets.Contacts);

        (await ApplyAsync(import.Closing(3, 2), import.Closing(3, 2))).ShouldBe([Applied(), PartOutcome.AlreadyApplied]);
        (await ApplyAsync(import.Closing(3, 2))).ShouldBe([PartOutcome.AlreadyApplied]);
        var conflicts = await ApplyAsync(import.Closing(4, 2), import.Closing(3, 1));

        conflicts.ShouldAllBe(outcome => outcome.Kind == PartOutcomeKind.Conflict);
        conflicts[0].Detail.ShouldContain("row count 3 and slice count 2");
        conflicts[0].Detail.ShouldContain("row count 4 and slice count 2");
        conflicts[1].Detail.ShouldContain("row count 3 and slice count 1");
        (await BooksOf(import)).RowsRead.ShouldBe(3);
    }

    [Fact]
    public async Task An_import_of_no_rows_is_complete_once_closed()
    {
        var import = new ImportDraft(StoreDatasets.Contacts);
        await ApplyAsync(import.Closing(0, 0));

        var books = await BooksOf(import);

        (books.RowsRead, books.Complete).ShouldBe((0, true));
        books.MissingSlices.ShouldBeEmpty();
    }

    [Fact]
    public async Task Missing_slices_are_reported_as_ranges()
    {
        var import = new ImportDraft(StoreDatasets.Visits);
        foreach (var number in (int[])[3, 4, 8])
        {
            await ApplyAsync(import.Slice(number, number - 1, Row(number + 1, _own)));
        }

        var open = await BooksOf(import);
        open.MissingSlices.ShouldBe([(1, 2), (5, 7)]);
        (open.RowsRead, open.Outstanding, open.SlicesExpected, open.Complete).ShouldBe((8, 5, null, false));

        await ApplyAsync(import.Closing(10, 10));
        var closed = await BooksOf(import);
        closed.MissingSlices.ShouldBe([(1, 2), (5, 7), (9, 10)]);
        (closed.RowsRead, closed.Outstanding, closed.Complete).ShouldBe((10, 7, false));
    }
}
