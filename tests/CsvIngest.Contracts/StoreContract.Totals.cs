using CsvIngest.Datasets;
using CsvIngest.Store;
using Shouldly;
using Xunit;
using static CsvIngest.Contracts.ImportDraft;

namespace CsvIngest.Contracts;

public abstract partial class StoreContract<TFixture>
{
    [Fact]
    public async Task Totals_are_the_exact_sums_of_the_inserted_rows_for_each_value()
    {
        var many = $"{new string('9', 400)}.{new string('1', 300)}";
        var import = new ImportDraft(StoreDatasets.Payments);

        await ApplyAsync(
            import.Slice(1, 0, Payment(2, 1, "a", "0.1", "3"), Payment(3, 2, "b", "-2.50", null), Payment(4, 3, "a", "0.2", "-9223372036854775808")),
            import.Slice(2, 3, Payment(5, 4, "c", many, "1"), Payment(6, 5, "c", "0.9", "1"), Payment(7, 6, "a", null, "-9223372036854775808")));

        (await TotalsOf("amount", "a", "b", "c")).ShouldBe(
            [("a", 3, "0.3"), ("b", 1, "-2.50"), ("c", 2, $"1{new string('0', 400)}.0{new string('1', 299)}")]);
        (await TotalsOf("pieces", "a", "b")).ShouldBe([("a", 3, "-18446744073709551613"), ("b", 1, "0")]);
        (await TotalsOf("amount", "d")).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_is_not_inserted_changes_no_total()
    {
        var import = new ImportDraft(StoreDatasets.Payments);
        var slice = import.Slice(1, 0, [Payment(2, 1, "a", "5", null), Payment(3, 1, "a", "6", null)], [Rejection(4)], [5]);

        var applied = await ApplyAsync(slice, slice);
        await ApplyAsync(slice);
        await ApplyAsync(import.Slice(1, 0, Payment(2, 7, "a", "100", null)));
        await ApplyAsync(new ImportDraft(StoreDatasets.Payments).Slice(1, 0, Payment(2, 1, "a", "7", null), Payment(3, 2, "a", "8", null)));

        (await TotalsOf("amount", "a")).ShouldBe([("a", 2, "13")]);
        applied[0].TotalChanges.Select(change => (change.Key.Definition.Sum, change.Rows, $"{change.Sum}"))
            .ShouldBe([("amount", 1, "5"), ("pieces", 1, "0")]);
        applied[1].TotalChanges.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_row_that_the_database_rejects_changes_no_total()
    {
        var import = new ImportDraft(StoreDatasets.Guarded with { Totals = [new TotalDefinition("code", "amount")] });

        (await ApplyAsync(import.Slice(1, 0, Row(2, Code(1), "7"), Row(3, Code(2), "-1")))).Single().Rejected.ShouldBe(1);

        var totals = await Store.ReadTotalsAsync(new TotalFilter("guarded", [Code(1), Code(2)]), CancellationToken.None).ToListAsync();
        totals.Select(total => (total.Key.Value, total.Rows, $"{total.Sum}")).ShouldBe([(Code(1), 1, "7")]);
    }

    [Fact]
    public async Task Rows_without_a_value_have_a_total_of_their_own()
    {
        async Task<long> RowsAsync() => (await Store.ReadTotalsAsync(new TotalFilter("payments", [""]), CancellationToken.None)
            .Where(total => total.Key.Definition.Sum == "amount").Select(total => total.Rows).ToListAsync()).SingleOrDefault();
        var before = await RowsAsync();

        await ApplyAsync(new ImportDraft(StoreDatasets.Payments).Slice(1, 0, Row(2, Code(1), null, "1.5", null)));

        (await RowsAsync()).ShouldBe(before + 1);
    }

    [Fact]
    public async Task Totals_are_read_in_pages()
    {
        var import = new ImportDraft(StoreDatasets.Payments);
        await ApplyAsync(import.Slice(1, 0, Payment(2, 1, "é", "1", "1"), Payment(3, 2, "Z", "2", "2"), Payment(4, 3, "a", "3", "3")));
        var filter = new TotalFilter("payments", [Account("Z"), Account("a"), Account("é")]) { Limit = 2 };

        var read = new List<RunningTotal>();
        List<RunningTotal> page;
        do
        {
            page = await Store.ReadTotalsAsync(filter with { After = read.Count == 0 ? null : read[^1].Key }, CancellationToken.None).ToListAsync();
            read.AddRange(page);
            page.Count.ShouldBeLessThanOrEqualTo(2);
        }
        while (page.Count > 0);

        // By columns and value, as bytes.
        read.Select(total => (total.Key.Definition.Sum, total.Key.Value.Split('.')[0], $"{total.Sum}")).ShouldBe(
            [("amount", "Z", "2"), ("amount", "a", "3"), ("amount", "é", "1"), ("pieces", "Z", "2"), ("pieces", "a", "3"), ("pieces", "é", "1")]);
        read.ShouldBe(await Store.ReadTotalsAsync(filter with { Limit = null }, CancellationToken.None).ToListAsync());
    }

    [Fact]
    public async Task Totals_are_exact_whatever_the_order_the_repetition_and_the_division_into_calls()
    {
        var random = new Random(Random.Shared.Next());
        var accounts = Enumerable.Range(0, 5).Select(n => $"{n}").ToArray();
        var expected = accounts.ToDictionary(account => account, _ => (Rows: 0L, Sum: 0m));
        var slices = new List<SlicePart>();
        for (var file = 0; file < 3; file++)
        {
            var import = new ImportDraft(StoreDatasets.Payments);
            for (var (number, line) = (1, 1L); number <= 12; number++)
            {
                var rows = new Row[random.Next(1, 30)];
                for (var i = 0; i < rows.Length; i++, line++)
                {
                    var account = accounts[random.Next(accounts.Length)];
                    var amount = random.Next(-100_000, 100_000) / 100m;
                    rows[i] = Row(line, $"{file}.{line}.{_own}", Account(account), $"{amount}", null);
                    expected[account] = (expected[account].Rows + 1, expected[account].Sum + amount);
                }

                slices.Add(import.Slice(number, line - rows.Length - 1, rows));
            }
        }

        // Each slice one to three times, in any order, in calls of any size, six at a time.
        var deliveries = slices.SelectMany(slice => Enumerable.Repeat(slice, random.Next(1, 4))).ToArray();
        random.Shuffle(deliveries);
        var calls = new List<SlicePart[]>();
        for (var at = 0; at < deliveries.Length; at += calls[^1].Length)
        {
            calls.Add(deliveries[at..Math.Min(deliveries.Length, at + random.Next(1, 8))]);
        }

        await Parallel.ForEachAsync(
            calls, new ParallelOptions { MaxDegreeOfParallelism = 6 }, async (call, _) => await ApplyUntilAvailableAsync(call));

        var totals = await TotalsOf("amount", accounts);
        totals.Select(total => (total.Value, total.Rows, decimal.Parse(total.Sum, System.Globalization.CultureInfo.InvariantCulture)))
            .ShouldBe(expected.Where(each => each.Value.Rows > 0).Select(each => (each.Key, each.Value.Rows, each.Value.Sum)));
    }

    // As every caller does: a deadlock, which is possible where a slice is delivered twice, is an unavailable database.
    private async Task ApplyUntilAvailableAsync(ImportPart[] parts)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await Store.ApplyAsync(parts, CancellationToken.None);
                return;
            }
            catch (StoreUnavailableException) when (attempt < 10)
            {
            }
        }
    }

    [Fact]
    public async Task The_longest_values_have_totals()
    {
        // What no index can compress: each character takes four bytes.
        var random = new Random(1);
        var value = string.Concat(Enumerable.Range(0, TotalDefinition.MaxValueLength).Select(_ => char.ConvertFromUtf32(random.Next(0x20000, 0x2A6D0))));
        var import = new ImportDraft(StoreDatasets.Payments);

        await ApplyAsync(import.Slice(1, 0, Row(2, Code(1), value, "5", null)));

        var totals = await Store.ReadTotalsAsync(new TotalFilter("payments", [value]), CancellationToken.None).ToListAsync();
        totals.Where(total => total.Key.Definition.Sum == "amount").ShouldHaveSingleItem().Rows.ShouldBe(1);
    }

    private string Account(string name) => $"{name}.{_own}";

    private Row Payment(long line, int id, string account, string? amount, string? pieces) =>
        Row(line, Code(id), Account(account), amount, pieces);

    private async Task<IReadOnlyList<(string Value, long Rows, string Sum)>> TotalsOf(string column, params string[] accounts)
    {
        var filter = new TotalFilter("payments", [.. accounts.Select(Account)]);
        return await Store.ReadTotalsAsync(filter, CancellationToken.None)
            .Where(total => total.Key.Definition.Sum == column)
            .Select(total => (total.Key.Value[..^(_own.Length + 1)], total.Rows, $"{total.Sum}"))
            .ToListAsync();
    }
}
