using System.Globalization;
using CsvIngest.Store;
using Shouldly;
using Xunit;
using static CsvIngest.Contracts.ImportDraft;

namespace CsvIngest.Contracts;

public abstract partial class StoreContract<TFixture>
{
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
