using System.Globalization;
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

    [Fact]
    public async Task Reports_come_latest_first_and_one_by_its_id()
    {
        var first = new ImportDraft(StoreDatasets.Visits);
        var second = new ImportDraft(StoreDatasets.Contacts);
        await ApplyAsync(first.Closing(0, 0));
        await ApplyAsync(second.Slice(1, 0, Row(2, Email(1), "x")));

        var all = (await _store.ReportAsync(ImportFilter.All, CancellationToken.None)).Select(books => books.ImportId).ToList();

        all.IndexOf(second.Id).ShouldBeInRange(0, all.IndexOf(first.Id) - 1);
        (await BooksOf(first)).Dataset.ShouldBe("visits");
        (await _store.ReportAsync(ImportFilter.Of(Guid.NewGuid()), CancellationToken.None)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Reports_are_filtered_by_the_beginning_of_the_ID_the_time_and_the_source()
    {
        var time = DateTimeOffset.UtcNow.AddYears(2);
        var june = new ImportDraft(StoreDatasets.Contacts, $"June_{_own}.csv");
        var july = new ImportDraft(StoreDatasets.Contacts, $"july%{_own}\\.csv.gz");
        await ApplyAsync(june.Opening(new(StartedAt: time)), july.Opening(new(StartedAt: time.AddHours(1))));

        await ShouldFindAsync(new() { Source = $"*{_own}*" }, july, june);
        await ShouldFindAsync(new() { Source = $"ju?e_{_own}.csv" }, june);
        await ShouldFindAsync(new() { Source = $"june?{_own}.csv" }, june);
        await ShouldFindAsync(new() { Source = $"july%{_own}\\*" }, july);
        await ShouldFindAsync(new() { Source = $"%{_own}%" });
        await ShouldFindAsync(new() { Source = $"july_{_own}*" });
        await ShouldFindAsync(new() { Source = $"*{_own}*", Since = time.AddMinutes(1) }, july);
        await ShouldFindAsync(new() { Source = $"*{_own}*", Since = time.ToOffset(TimeSpan.FromHours(5)) }, july, june);
        await ShouldFindAsync(new() { IdPrefix = june.Id.ToString()[..30], Source = $"*{_own}*", Since = time.AddMinutes(1) });
        await ShouldFindAsync(new() { IdPrefix = june.Id.ToString() }, june);
        await ShouldFindAsync(new() { IdPrefix = july.Id.ToString()[..35], Source = $"*{_own}*" }, july);
    }

    [Fact]
    public async Task Reports_come_in_pages()
    {
        var time = DateTimeOffset.UtcNow.AddYears(3);
        List<ImportDraft> imports = [.. Enumerable.Range(0, 5).Select(n => new ImportDraft(StoreDatasets.Contacts, $"page {_own} {n}"))];
        // Two of them at the same time: the ID decides.
        await ApplyAsync([.. imports.Select((import, n) => import.Opening(new(StartedAt: time.AddSeconds(n / 2))))]);
        await ApplyAsync(imports[0].Slice(1, 0, Row(2, Email(1), "x")), imports[0].Slice(2, 1, Row(3, Email(2), "x")), imports[0].Closing(2, 2));
        var filter = new ImportFilter { Source = $"page {_own} *" };
        var all = await _store.ReportAsync(filter, CancellationToken.None);

        var pages = new List<ImportBooks>();
        for (ImportPosition? after = null; ;)
        {
            var page = await _store.ReportAsync(filter with { After = after, Limit = 2 }, CancellationToken.None);
            page.Count.ShouldBe(Math.Min(2, 5 - pages.Count));
            pages.AddRange(page);
            if (page.Count == 0)
            {
                break;
            }

            after = new ImportPosition(page[^1].BeganAt, page[^1].ImportId);
        }

        pages.Select(books => books.ImportId).ShouldBe(all.Select(books => books.ImportId));
        all.Count.ShouldBe(5);
        pages.Single(books => books.ImportId == imports[0].Id).Inserted.ShouldBe(2);
    }

    [Fact]
    public async Task Rejected_and_duplicate_rows_come_in_pages()
    {
        var import = new ImportDraft(StoreDatasets.Contacts);
        await ApplyAsync(import.Slice(1, 0, [], [Rejection(2), Rejection(4), Rejection(6)], [3, 5]), import.Slice(2, 5, [], [Rejection(8)], [7]));

        (await RejectionsOf(import, limit: 2, afterLine: 2)).Select(rejection => rejection.Line).ShouldBe([4, 6]);
        (await RejectionsOf(import, limit: 2, afterLine: 6)).Select(rejection => rejection.Line).ShouldBe([8]);
        (await RejectionsOf(import, limit: 2, afterLine: 8)).ShouldBeEmpty();
        (await DuplicateLinesOf(import, limit: 2, afterLine: 3)).ShouldBe([5, 7]);
        (await DuplicateLinesOf(import, limit: 2, afterLine: 7)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Rejected_and_duplicate_rows_come_by_line_and_unchanged()
    {
        var import = new ImportDraft(StoreDatasets.Contacts);
        var odd = new Rejection(4, string.Empty, "too-many-fields", "5 fields, \"3\" expected", "a,'b',{c},\\xFF,\"d\ne\",😀");
        await ApplyAsync(import.Slice(2, 3, [Row(6, Email(1), "y")], [Rejection(5)], []));
        await ApplyAsync(import.Slice(1, 0, [Row(3, Email(1), "x")], [odd], [2]));

        (await RejectionsOf(import)).ShouldBe([odd, Rejection(5)]);
        (await DuplicateLinesOf(import)).ShouldBe([2, 3]);
        var unknown = new ImportDraft(StoreDatasets.Contacts);
        (await RejectionsOf(unknown)).ShouldBeEmpty();
        (await DuplicateLinesOf(unknown)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Rejected_and_duplicate_rows_are_limited_and_reading_may_end_early()
    {
        var import = new ImportDraft(StoreDatasets.Contacts);
        await ApplyAsync(import.Slice(1, 0, [], [.. Enumerable.Range(2, 500).Select(line => Rejection(line))], [.. Enumerable.Range(502, 500)]));

        (await RejectionsOf(import, limit: 3)).Select(rejection => rejection.Line).ShouldBe([2, 3, 4]);
        (await DuplicateLinesOf(import, limit: 3)).ShouldBe([502, 503, 504]);
        (await RejectionsOf(import, limit: 0)).ShouldBeEmpty();
        (await RejectionsOf(import)).Count.ShouldBe(500);
        (await DuplicateLinesOf(import)).Count.ShouldBe(500);

        using var stop = new CancellationTokenSource();
        await foreach (var rejection in _store.ReadRejectionsAsync(import.Id, afterLine: 0, limit: null, stop.Token))
        {
            rejection.Line.ShouldBe(2);
            // A store is used while it is being read, too.
            (await BooksOf(import)).Rejected.ShouldBe(500);
            break;
        }

        await Should.ThrowAsync<OperationCanceledException>(async () =>
        {
            await foreach (var line in _store.ReadDuplicateLinesAsync(import.Id, afterLine: 0, limit: null, stop.Token))
            {
                await stop.CancelAsync();
            }
        });
        (await BooksOf(import)).Duplicate.ShouldBe(500);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public async Task Books_balance_for_any_order_and_multiplicity_of_slices(int seed)
    {
        var random = new Random(seed);
        var import = new ImportDraft(StoreDatasets.Contacts);
        var file = RandomFile(import, random);
        var deliveries = file.SelectMany(slice => Enumerable.Repeat<ImportPart>(slice, random.Next(1, 4))).ToArray();
        var closing = import.Closing(file.Sum(slice => slice.RowCount), file.Count);
        var opening = import.Opening(new(Bytes: 1));
        deliveries = [.. deliveries, opening, opening, closing, closing];
        random.Shuffle(deliveries);

        for (var next = 0; next < deliveries.Length;)
        {
            var batch = deliveries[next..Math.Min(deliveries.Length, next + random.Next(1, 6))];
            next += batch.Length;
            await ApplyAsync(batch);
            var books = await BooksOf(import);
            books.Outstanding.ShouldBeGreaterThanOrEqualTo(0);
            books.RowsRead.ShouldBe(books.Inserted + books.Duplicate + books.Rejected + books.Outstanding);
            books.Inserted.ShouldBe(await CountOwnContacts());
        }

        await ShouldHoldAsync(import, file);
    }

    [Fact]
    public async Task Callers_with_overlapping_keys_in_opposite_orders_all_succeed()
    {
        var imports = Enumerable.Range(0, 4).Select(_ => new ImportDraft(StoreDatasets.Contacts)).ToList();

        await Task.WhenAll(imports.Select((import, i) => Task.Run(async () =>
        {
            var keys = Enumerable.Range(0, 600).Select(key => i % 2 == 0 ? key : 599 - key).ToArray();
            for (var number = 1; number <= 6; number++)
            {
                Row[] rows = [.. keys[((number - 1) * 100)..(number * 100)]
                    .Select((key, at) => Row(((number - 1) * 100) + at + 2, Email(key), $"file {i}"))];
                await ApplyUntilAvailableAsync(import.Slice(number, (number - 1) * 100, rows));
            }
        })));

        (await CountOwnContacts()).ShouldBe(600);
        var books = await Task.WhenAll(imports.Select(BooksOf));
        books.Sum(one => one.Inserted).ShouldBe(600);
        books.ShouldAllBe(one => one.Outstanding == 0 && one.RowsRead == 600);
    }

    [Fact]
    public async Task Callers_with_the_same_slice_apply_it_once_between_them()
    {
        var import = new ImportDraft(StoreDatasets.Visits);
        var slice = import.Slice(1, 0, Row(2, _own), Row(3, _own));

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => Task.Run(() => ApplyUntilAvailableAsync(slice))));

        outcomes.Select(outcome => outcome.Kind).Order().ShouldBe(
            [PartOutcomeKind.Applied, .. Enumerable.Repeat(PartOutcomeKind.AlreadyApplied, 4)]);
        (await BooksOf(import)).Inserted.ShouldBe(2);
    }

    private async Task ShouldFindAsync(ImportFilter filter, params ImportDraft[] expected) =>
        (await _store.ReportAsync(filter, CancellationToken.None)).Select(books => books.ImportId).ShouldBe(expected.Select(import => import.Id));

    // 12 slices over 40 keys: duplicates within a slice, between slices and detected by the producer, and rejected rows.
    private List<SlicePart> RandomFile(ImportDraft import, Random random)
    {
        var slices = new List<SlicePart>();
        long line = 2;
        long before = 0;
        for (var number = 1; number <= 12; number++)
        {
            var rows = new List<Row>();
            var rejections = new List<Rejection>();
            var duplicates = new List<long>();
            for (var count = random.Next(1, 15); count > 0; count--, line += random.Next(1, 3))
            {
                switch (random.Next(6))
                {
                    case 0: rejections.Add(Rejection(line)); break;
                    case 1: duplicates.Add(line); break;
                    default: rows.Add(Row(line, Email(random.Next(40)), $"line {line}")); break;
                }
            }

            slices.Add(import.Slice(number, before, [.. rows], [.. rejections], [.. duplicates]));
            before += slices[^1].RowCount;
        }

        return slices;
    }

    private async Task ShouldHoldAsync(ImportDraft import, List<SlicePart> file)
    {
        var rows = file.SelectMany(slice => slice.Rows).ToDictionary(row => row.Line);
        var books = await BooksOf(import);
        books.Complete.ShouldBeTrue();
        books.Rejected.ShouldBe(file.Sum(slice => slice.Rejections.Count));
        books.Inserted.ShouldBe(rows.Values.Select(row => row.Texts()[0]).Distinct().Count());

        var stored = await fixture.Database.QueryAsync($"SELECT line, email, full_name FROM contacts WHERE email LIKE '%{_own}%'");
        stored.ShouldAllBe(row => rows[long.Parse(row[0]!, CultureInfo.InvariantCulture)].Texts()[0] == row[1]);
        stored.ShouldAllBe(row => row[2] == "line " + row[0]);

        (await RejectionsOf(import)).Select(rejection => rejection.Line)
            .Concat(await DuplicateLinesOf(import))
            .Concat(stored.Select(row => long.Parse(row[0]!, CultureInfo.InvariantCulture)))
            .Order()
            .ShouldBe(file.SelectMany(LinesOf).Order(), "every row has one fate");
    }

    private static IEnumerable<long> LinesOf(SlicePart slice) =>
        slice.Rows.Select(row => row.Line).Concat(slice.Rejections.Select(rejection => rejection.Line)).Concat(slice.DuplicateLines);

    // Applies the part again while the database is unavailable, at most ten times, as a consumer does.
    private async Task<PartOutcome> ApplyUntilAvailableAsync(ImportPart part)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return (await _store.ApplyAsync([part], CancellationToken.None))[0];
            }
            catch (StoreUnavailableException) when (attempt < 10)
            {
            }
        }
    }
}
