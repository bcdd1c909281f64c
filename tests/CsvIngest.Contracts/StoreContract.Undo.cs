using System.Globalization;
using CsvIngest.Datasets;
using CsvIngest.Store;
using Shouldly;
using Xunit;
using static CsvIngest.Contracts.ImportDraft;

namespace CsvIngest.Contracts;

public abstract partial class StoreContract<TFixture>
{
    [Fact]
    public async Task Undoing_an_import_removes_its_rows_its_totals_and_its_entries_and_nothing_of_others()
    {
        var kept = new ImportDraft(StoreDatasets.Payments);
        await ApplyAsync(kept.Slice(1, 0, Payment(2, 1, "a", "1.25", "1"), Payment(3, 2, "b", "7", null)), kept.Closing(2, 1));
        var undone = new ImportDraft(StoreDatasets.Payments);
        await ApplyAsync(
            undone.Opening(new(Bytes: 9)),
            undone.Slice(1, 0, [Payment(2, 3, "a", "-100.5", "2"), Payment(3, 1, "a", "9", "9")], [Rejection(4)], [5]),
            undone.Slice(2, 4, Payment(6, 4, "c", null, "3"), Payment(7, 5, "c", "0.01", null)),
            undone.Closing(6, 2));

        (await UndoAsync(undone, StoreDatasets.Payments, maxRows: 1000)).ShouldBe([new UndoStep(3, IsComplete: true)]);

        (await OwnPaymentsAsync()).ShouldBe([(Code(1), kept.Id), (Code(2), kept.Id)]);
        (await TotalsOf("amount", "a", "b", "c")).Select(Numeric).ShouldBe([("a", 1, 1.25m), ("b", 1, 7m)]);
        (await TotalsOf("pieces", "a", "b", "c")).Select(Numeric).ShouldBe([("a", 1, 1m), ("b", 1, 0m)]);
        (await RejectionsOf(undone)).ShouldBeEmpty();
        (await DuplicateLinesOf(undone)).ShouldBeEmpty();
        (await BooksOf(kept)).Inserted.ShouldBe(2);
        var books = await BooksOf(undone);
        (books.RowsRead, books.Settled, books.SlicesApplied, books.MissingSlices.Count, books.Complete).ShouldBe((0, 0, 0, 0, true));
        (books.Source, books.Origin!.Bytes, books.Undo!.RowsRemoved).ShouldBe(("data.csv", 9L, 3L));
        books.Undo.CompletedAt.ShouldNotBeNull().ShouldBeGreaterThanOrEqualTo(books.Undo.StartedAt);
        ShouldHaveLoggedNothingBad();
    }

    [Fact]
    public async Task Undoing_goes_slice_by_slice_and_the_books_say_what_is_left_so_that_anybody_can_continue()
    {
        var import = new ImportDraft(StoreDatasets.Payments);
        await ApplyAsync(
            import.Slice(1, 0, [Payment(2, 1, "a", "1", null), Payment(3, 2, "a", "2", null)], [Rejection(4)], []),
            import.Slice(2, 3, [Payment(5, 3, "a", "4", null)], [Rejection(6)], [7]),
            import.Slice(3, 6, Payment(8, 4, "a", "8", null)),
            import.Closing(7, 3));

        (await Store.BeginUndoAsync(import.Id, CancellationToken.None)).ShouldBe(UndoStart.Begun);
        // At least one slice goes, however few rows are wanted, and no more than fit.
        (await ContinueUndoAsync(import, maxRows: 1)).ShouldBe(new UndoStep(2, IsComplete: false));

        var books = await BooksOf(import);
        (books.RowsRead, books.Inserted, books.Duplicate, books.Rejected, books.Outstanding).ShouldBe((4, 2, 1, 1, 0));
        (books.Complete, books.Closed, books.SlicesApplied, books.MissingSlices.Count).ShouldBe((false, true, 2, 0));
        (books.Undo!.RowsRemoved, books.Undo.CompletedAt).ShouldBe((2L, null));
        (await OwnPaymentsAsync()).Select(row => row.Id).ShouldBe([Code(3), Code(4)]);
        (await TotalsOf("amount", "a")).Select(Numeric).ShouldBe([("a", 2, 12m)]);
        (await RejectionsOf(import)).Select(rejection => rejection.Line).ShouldBe([6]);

        // As after a crash: another process begins again, and goes on.
        await using var another = fixture.Database.OpenStore(_logger);
        (await another.BeginUndoAsync(import.Id, CancellationToken.None)).ShouldBe(UndoStart.Begun);
        (await another.ContinueUndoAsync(import.Id, StoreDatasets.Payments, 4, CancellationToken.None)).ShouldBe(new UndoStep(2, IsComplete: true));

        (await BooksOf(import)).Undo!.RowsRemoved.ShouldBe(4);
        (await TotalsOf("amount", "a")).ShouldBeEmpty();
        (await ContinueUndoAsync(import, maxRows: 1)).ShouldBe(new UndoStep(0, IsComplete: true));
        (await Store.BeginUndoAsync(import.Id, CancellationToken.None)).ShouldBe(UndoStart.AlreadyUndone);
    }

    [Fact]
    public async Task An_import_that_is_not_complete_is_not_undone()
    {
        var import = new ImportDraft(StoreDatasets.Payments);
        (await Store.BeginUndoAsync(import.Id, CancellationToken.None)).ShouldBe(UndoStart.NotFound);
        await ApplyAsync(import.Slice(1, 0, Payment(2, 1, "a", "1", null)), import.Slice(3, 2, Payment(4, 3, "a", "4", null)));

        // Without the closing, and without the second slice.
        (await Store.BeginUndoAsync(import.Id, CancellationToken.None)).ShouldBe(UndoStart.Incomplete);
        await ApplyAsync(import.Closing(3, 3));
        (await Store.BeginUndoAsync(import.Id, CancellationToken.None)).ShouldBe(UndoStart.Incomplete);
        await Should.ThrowAsync<InvalidOperationException>(() => ContinueUndoAsync(import, maxRows: 10));

        (await BooksOf(import)).Undo.ShouldBeNull();
        (await OwnPaymentsAsync()).Count.ShouldBe(2);
        (await ApplyAsync(import.Slice(2, 1, Payment(3, 2, "a", "2", null)))).Single().Kind.ShouldBe(PartOutcomeKind.Applied);
        (await Store.BeginUndoAsync(import.Id, CancellationToken.None)).ShouldBe(UndoStart.Begun);
    }

    [Fact]
    public async Task Nothing_of_an_import_is_applied_once_undoing_it_has_begun()
    {
        var import = new ImportDraft(StoreDatasets.Payments);
        var other = new ImportDraft(StoreDatasets.Payments);
        ImportPart[] parts =
        [
            import.Slice(1, 0, Payment(2, 1, "a", "1", null)), import.Slice(2, 1, Payment(3, 2, "a", "2", null)), import.Closing(2, 2),
        ];
        await ApplyAsync(parts);
        await Store.BeginUndoAsync(import.Id, CancellationToken.None);
        await ContinueUndoAsync(import, maxRows: 1);

        ImportPart[] late =
        [
            .. parts, import.Opening(new()), import.Slice(3, 2, Payment(4, 3, "a", "3", null)), import.Closing(7, 7),
        ];
        (await ApplyAsync([.. late, other.Slice(1, 0, Payment(2, 9, "a", "9", null))]))
            .Select(outcome => outcome.Kind).ShouldBe([.. late.Select(_ => PartOutcomeKind.Undone), PartOutcomeKind.Applied]);
        await ContinueUndoAsync(import, maxRows: 1);
        (await ApplyAsync(late)).ShouldAllBe(outcome => outcome == PartOutcome.Undone);

        (await OwnPaymentsAsync()).ShouldBe([(Code(9), other.Id)]);
        (await TotalsOf("amount", "a")).Select(Numeric).ShouldBe([("a", 1, 9m)]);
        var books = await BooksOf(import);
        (books.SlicesApplied, books.Origin, books.Complete).ShouldBe((0, null, true));
    }

    [Fact]
    public async Task A_file_can_be_imported_again_after_its_import_was_undone()
    {
        Row[] rows = [Payment(2, 1, "a", "1.5", null), Payment(3, 2, "a", "2", null)];
        var first = new ImportDraft(StoreDatasets.Payments);
        var again = new ImportDraft(StoreDatasets.Payments);
        await ApplyAsync(first.Slice(1, 0, rows), first.Closing(2, 1));
        await UndoAsync(first, StoreDatasets.Payments, maxRows: 10);

        (await ApplyAsync(again.Slice(1, 0, rows), again.Closing(2, 1)))[0].Inserted.ShouldBe(2);

        (await OwnPaymentsAsync()).ShouldBe([(Code(1), again.Id), (Code(2), again.Id)]);
        (await TotalsOf("amount", "a")).Select(Numeric).ShouldBe([("a", 2, 3.5m)]);
    }

    [Fact]
    public async Task An_import_of_no_rows_and_one_without_a_key_can_be_undone()
    {
        var empty = new ImportDraft(StoreDatasets.Visits);
        await ApplyAsync(empty.Closing(0, 0));
        var visits = new ImportDraft(StoreDatasets.Visits);
        var others = new ImportDraft(StoreDatasets.Visits);
        await ApplyAsync(
            visits.Slice(1, 0, Row(2, _own), Row(3, _own)), visits.Closing(2, 1), others.Slice(1, 0, Row(2, _own)), others.Closing(1, 1));

        (await UndoAsync(empty, StoreDatasets.Visits, maxRows: 10)).ShouldBe([new UndoStep(0, IsComplete: true)]);
        (await UndoAsync(visits, StoreDatasets.Visits, maxRows: 10)).ShouldBe([new UndoStep(2, IsComplete: true)]);

        (await fixture.Database.QueryAsync($"SELECT CAST(import_id AS text) FROM visits WHERE page = '{_own}'"))
            .ShouldHaveSingleItem()[0].ShouldBe(others.Id.ToString());
    }

    [Fact]
    public async Task Undoing_changes_the_totals_that_the_dataset_had_when_the_import_came()
    {
        var without = StoreDatasets.Payments with { Totals = [] };
        var before = new ImportDraft(without);
        var after = new ImportDraft(StoreDatasets.Payments);
        await ApplyAsync(
            before.Slice(1, 0, Payment(2, 1, "a", "100", null)), before.Closing(1, 1),
            after.Slice(1, 0, Payment(2, 2, "a", "1", null)), after.Closing(1, 1));

        await UndoAsync(before, StoreDatasets.Payments, maxRows: 10);
        (await TotalsOf("amount", "a")).Select(Numeric).ShouldBe([("a", 1, 1m)]);

        await UndoAsync(after, without, maxRows: 10);
        (await TotalsOf("amount", "a")).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public async Task After_any_sequence_of_imports_and_undos_table_and_totals_are_as_if_the_undone_had_never_been(int seed)
    {
        var random = new Random(seed);
        // By key, which import has inserted it, for which account, and how much: the first one stays, until it is undone.
        var expected = new SortedDictionary<string, (ImportDraft Import, string Account, decimal Amount)>(StringComparer.Ordinal);
        var complete = new List<ImportDraft>();
        for (var turn = 0; turn < 12; turn++)
        {
            if (complete.Count > 0 && random.Next(3) == 0)
            {
                var undone = complete[random.Next(complete.Count)];
                complete.Remove(undone);
                await UndoAsync(undone, StoreDatasets.Payments, maxRows: random.Next(1, 40));
                foreach (var (key, _) in expected.Where(row => row.Value.Import == undone).ToList())
                {
                    expected.Remove(key);
                }
            }
            else
            {
                var import = new ImportDraft(StoreDatasets.Payments);
                complete.Add(import);
                var slices = new List<SlicePart>();
                for (var (number, line) = (1, 0L); number <= random.Next(1, 6); number++)
                {
                    var rows = new Row[random.Next(1, 20)];
                    for (var i = 0; i < rows.Length; i++)
                    {
                        // From few keys, so that many rows are duplicates of those of other imports.
                        var (key, account) = (random.Next(150), $"{random.Next(4)}");
                        var amount = random.Next(-100_000, 100_000) / 100m;
                        rows[i] = Payment(++line, key, account, amount.ToString(CultureInfo.InvariantCulture), null);
                        expected.TryAdd(Code(key), (import, account, amount));
                    }

                    slices.Add(import.Slice(number, line - rows.Length, rows));
                }

                await ApplyAsync([.. slices, import.Closing(slices.Sum(slice => slice.RowCount), slices.Count)]);
            }
        }

        (await OwnPaymentsAsync()).ShouldBe(expected.Select(row => (row.Key, row.Value.Import.Id)));
        (await TotalsOf("amount", "0", "1", "2", "3")).Select(Numeric).ShouldBe(
            expected.Values.GroupBy(row => row.Account, row => row.Amount).OrderBy(account => account.Key, StringComparer.Ordinal)
                .Select(account => (account.Key, (long)account.Count(), account.Sum())));
        foreach (var import in complete)
        {
            (await BooksOf(import)).Inserted.ShouldBe(expected.Values.Count(row => row.Import == import));
        }
    }

    [Fact]
    public async Task An_undo_and_the_import_that_it_undoes_do_not_interleave()
    {
        const int Slices = 30;
        var import = new ImportDraft(StoreDatasets.Payments);
        var other = new ImportDraft(StoreDatasets.Payments);
        SlicePart SliceOf(ImportDraft draft, int number, int key) => draft.Slice(
            number, (number - 1) * 2, Payment(number * 2, key + (number * 2), "a", "1", null), Payment((number * 2) + 1, key + (number * 2) + 1, "b", "2", null));
        ImportPart[] deliveries =
        [
            .. Enumerable.Range(1, Slices).SelectMany(number => Enumerable.Repeat(SliceOf(import, number, 0), 3)),
            .. Enumerable.Range(1, Slices).Select(number => SliceOf(other, number, 1000)),
            import.Closing(Slices * 2, Slices), import.Closing(Slices * 2, Slices), other.Closing(Slices * 2, Slices),
        ];
        Random.Shared.Shuffle(deliveries);

        // Two people undo the import as soon as it is complete, while parts of it are still delivered again.
        var undos = Enumerable.Range(0, 2).Select(_ => Task.Run(async () =>
        {
            while (await Store.BeginUndoAsync(import.Id, CancellationToken.None) is UndoStart.Incomplete or UndoStart.NotFound)
            {
                await Task.Yield();
            }

            while (!(await ContinueUndoAsync(import, maxRows: 6)).IsComplete)
            {
            }
        }));
        var applying = Parallel.ForEachAsync(
            deliveries.Chunk(4), new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (parts, _) => await ApplyUntilAvailableAsync(parts));
        await Task.WhenAll([.. undos, applying]).WaitAsync(TimeSpan.FromSeconds(60), CancellationToken.None);

        (await OwnPaymentsAsync()).Count.ShouldBe(Slices * 2);
        (await OwnPaymentsAsync()).ShouldAllBe(row => row.Import == other.Id);
        (await TotalsOf("amount", "a", "b")).Select(Numeric).ShouldBe([("a", Slices, Slices), ("b", Slices, 2 * Slices)]);
        var books = await BooksOf(import);
        (books.SlicesApplied, books.Undo!.RowsRemoved, books.Complete).ShouldBe((0, Slices * 2, true));
        (await BooksOf(other)).Complete.ShouldBeTrue();
    }

    private async Task<List<UndoStep>> UndoAsync(ImportDraft import, Dataset dataset, int maxRows)
    {
        (await Store.BeginUndoAsync(import.Id, CancellationToken.None)).ShouldBe(UndoStart.Begun);
        var steps = new List<UndoStep>();
        do
        {
            steps.Add(await Store.ContinueUndoAsync(import.Id, dataset, maxRows, CancellationToken.None));
        }
        while (!steps[^1].IsComplete);
        return steps;
    }

    private Task<UndoStep> ContinueUndoAsync(ImportDraft import, int maxRows) =>
        Store.ContinueUndoAsync(import.Id, StoreDatasets.Payments, maxRows, CancellationToken.None);

    private async Task<List<(string Id, Guid Import)>> OwnPaymentsAsync() =>
    [
        .. (await fixture.Database.QueryAsync($"SELECT id, CAST(import_id AS text) FROM payments WHERE id LIKE '%.{_own}'"))
            .Select(row => (row[0]!, Guid.Parse(row[1]!)))
            .OrderBy(row => row.Item1, StringComparer.Ordinal),
    ];

    // A sum keeps the digits after the point of what was subtracted: 3.50 and 3.5 are the same.
    private static (string Value, long Rows, decimal Sum) Numeric((string Value, long Rows, string Sum) total) =>
        (total.Value, total.Rows, decimal.Parse(total.Sum, CultureInfo.InvariantCulture));
}
