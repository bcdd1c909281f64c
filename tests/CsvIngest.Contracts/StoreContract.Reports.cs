using CsvIngest.Store;
using Shouldly;
using Xunit;
using static CsvIngest.Contracts.ImportDraft;

namespace CsvIngest.Contracts;

public abstract partial class StoreContract<TFixture>
{
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

    private async Task ShouldFindAsync(ImportFilter filter, params ImportDraft[] expected) =>
        (await _store.ReportAsync(filter, CancellationToken.None)).Select(books => books.ImportId).ShouldBe(expected.Select(import => import.Id));
}
