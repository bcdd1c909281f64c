using CsvIngest.Store;
using CsvIngest.Testing;
using Shouldly;
using Xunit;
using static CsvIngest.Contracts.ImportDraft;

namespace CsvIngest.Contracts;

/// <summary>What every <see cref="IStore"/> does. Applying is here; every other theme has a file of its own.</summary>
/// <param name="fixture">The kind of database.</param>
public abstract partial class StoreContract<TFixture>(TFixture fixture) : IClassFixture<TFixture>, IAsyncLifetime
    where TFixture : StoreFixture
{
    private readonly RecordedLogs _logger = new();
    private readonly string _own = Guid.NewGuid().ToString("N");
    private IStore _store = null!;

    /// <summary>The kind of database.</summary>
    protected TFixture Fixture => fixture;

    /// <summary>The store under test, on <see cref="StoreFixture.Database"/>.</summary>
    protected IStore Store => _store;

    /// <inheritdoc/>
    public virtual ValueTask InitializeAsync()
    {
        _store = fixture.Database.OpenStore(_logger);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public virtual async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Rows_are_inserted_into_the_columns_of_the_table()
    {
        var import = new ImportDraft(StoreDatasets.Contacts);
        var row = new Row(2, [Email(1), "Ada Lovelace"], """{"city":"London","a":"b"}""");

        (await ApplyAsync(import.Slice(1, 0, row))).ShouldBe([Applied(inserted: 1)]);

        var stored = (await fixture.Database.QueryAsync(
            $"SELECT full_name, CAST(attributes AS text), CAST(import_id AS text), line, created_at FROM contacts WHERE email = '{Email(1)}'"))
            .ShouldHaveSingleItem();
        stored[0].ShouldBe("Ada Lovelace");
        System.Text.Json.Nodes.JsonNode.Parse(stored[1]!)!["city"]!.GetValue<string>().ShouldBe("London");
        Guid.Parse(stored[2]!).ShouldBe(import.Id);
        stored[3].ShouldBe("2");
        stored[4].ShouldNotBeNullOrEmpty();
        ShouldHaveLoggedNothingBad();
    }

    [Fact]
    public async Task Every_type_is_stored_in_its_canonical_form()
    {
        var columns = StoreDatasets.Measurements.Columns;
        var number = Random.Shared.NextInt64(1, long.MaxValue - 2);
        string?[] values =
        [
            "a \"note\"", $"{number}", "-12345678901234567890.0000005", "2024-05-06T07:08:09.123456Z", "0099-12-31", "true",
            "8c2f1d4e-0b5a-4f7e-9c1d-2a3b4c5d6e7f", "ada@example.com",
        ];
        string?[] absent = [null, $"{number + 1}", null, null, null, null, null, null];

        await ApplyAsync(new ImportDraft(StoreDatasets.Measurements).Slice(1, 0, Row(2, values), Row(3, absent)));

        var expressions = columns.Select(column => fixture.CanonicalText($"\"{column.Name}\"", column.Type));
        var stored = await fixture.Database.QueryAsync(
            $"""SELECT {string.Join(", ", expressions)} FROM "Measurements Of All" WHERE "select" - {number} IN (0, 1) ORDER BY "select" """);
        stored.ShouldBe([values, absent]);
    }

    [Fact]
    public async Task Second_insert_of_same_key_is_a_duplicate_and_the_first_stays_untouched()
    {
        await ApplyAsync(new ImportDraft(StoreDatasets.Contacts).Slice(1, 0, Row(2, Email(1), "first")));
        var second = new ImportDraft(StoreDatasets.Contacts);

        (await ApplyAsync(second.Slice(1, 0, Row(7, Email(2), "new"), Row(8, Email(1), "second"))))
            .ShouldBe([Applied(inserted: 1, duplicate: 1)]);

        (await NameOf(Email(1))).ShouldBe("first");
        (await DuplicateLinesOf(second)).ShouldBe([8]);
        ShouldHaveLoggedNothingBad();
    }

    [Fact]
    public async Task First_of_equal_keys_in_one_call_stays()
    {
        var one = new ImportDraft(StoreDatasets.Contacts);
        var other = new ImportDraft(StoreDatasets.Contacts);

        var outcomes = await ApplyAsync(
            one.Slice(2, 3, Row(5, Email(2), "kept"), Row(6, Email(1), "kept"), Row(9, Email(1), "later line")),
            one.Slice(1, 0, Row(2, Email(1), "later part"), Row(3, Email(3), "kept"), Row(4, Email(2), "later part")),
            other.Slice(1, 0, Row(2, Email(3), "other file"), Row(3, Email(4), "kept")));

        outcomes.ShouldBe([Applied(2, 1), Applied(1, 2), Applied(1, 1)]);
        foreach (var n in (int[])[1, 2, 3, 4])
        {
            (await NameOf(Email(n))).ShouldBe("kept");
        }

        (await DuplicateLinesOf(one)).ShouldBe([2, 4, 9]);
        (await DuplicateLinesOf(other)).ShouldBe([2]);
    }

    [Fact]
    public async Task A_redelivered_slice_is_skipped_whole()
    {
        var import = new ImportDraft(StoreDatasets.Contacts);
        var slice = import.Slice(1, 0, [Row(2, Email(1), "x"), Row(3, Email(1), "y")], [Rejection(4)], [5]);
        (await ApplyAsync(slice)).ShouldBe([Applied(1, 2, 1)]);
        var before = await BooksOf(import);

        (await ApplyAsync(slice, import.Slice(2, 4, Row(6, Email(2), "z")))).ShouldBe([PartOutcome.AlreadyApplied, Applied(1)]);
        (await ApplyAsync(slice)).ShouldBe([PartOutcome.AlreadyApplied]);

        var after = await BooksOf(import);
        (after.Inserted, after.Duplicate, after.Rejected).ShouldBe((before.Inserted + 1, before.Duplicate, before.Rejected));
        (await RejectionsOf(import)).Count.ShouldBe(1);
        ShouldHaveLoggedNothingBad();
    }

    [Fact]
    public async Task A_slice_twice_in_one_call_is_applied_once()
    {
        var slice = new ImportDraft(StoreDatasets.Contacts).Slice(1, 0, Row(2, Email(1), "x"));

        (await ApplyAsync(slice, slice)).ShouldBe([Applied(1), PartOutcome.AlreadyApplied]);
    }

    [Theory]
    [InlineData("another first line", new long[] { 4, 5, 6 })]
    [InlineData("another last line", new long[] { 3, 5, 7 })]
    [InlineData("fewer rows between the same lines", new long[] { 3, 6 })]
    [InlineData("more rows between the same lines", new long[] { 3, 4, 5, 6 })]
    [InlineData("fewer rows and another last line", new long[] { 3 })]
    public async Task A_slice_that_comes_again_with_other_lines_or_another_row_count_is_a_conflict(string what, long[] lines)
    {
        var import = new ImportDraft(StoreDatasets.Contacts);
        var applied = import.Slice(1, 0, RowsOf([3, 5, 6]));
        var other = import.Slice(1, 0, RowsOf(lines));

        var together = await ApplyAsync(applied, other);
        var afterwards = await ApplyAsync(other, import.Slice(2, 3, Row(9, Email(9), "x")), applied);

        together.Select(outcome => outcome.Kind).ShouldBe([PartOutcomeKind.Applied, PartOutcomeKind.Conflict], what);
        afterwards.Select(outcome => outcome.Kind).ShouldBe(
            [PartOutcomeKind.Conflict, PartOutcomeKind.Applied, PartOutcomeKind.AlreadyApplied], what);
        afterwards[0].ShouldBe(together[1]);
        afterwards[0].Detail.ShouldContain("lines 3-6 and row count 3");
        afterwards[0].Detail.ShouldContain($"lines {lines[0]}-{lines[^1]} and row count {lines.Length}");
        (await CountOwnContacts()).ShouldBe(4);
        (await BooksOf(import)).Inserted.ShouldBe(4);
    }

    [Fact]
    public async Task A_slice_that_comes_again_with_other_fates_of_the_same_rows_is_applied_already()
    {
        var import = new ImportDraft(StoreDatasets.Contacts);
        await ApplyAsync(import.Slice(1, 0, [Row(2, Email(1), "x"), Row(3, Email(1), "y")], [Rejection(4)], [5]));

        // As from a consumer with a newer dataset, or a producer that does not detect duplicates.
        var again = import.Slice(1, 0, [Row(2, Email(1), "x"), Row(3, Email(2), "y"), Row(5, Email(3), "z")], [Rejection(4)], []);
        (await ApplyAsync(again)).ShouldBe([PartOutcome.AlreadyApplied]);

        (await CountOwnContacts()).ShouldBe(1);
    }

    [Fact]
    public async Task Without_a_key_every_row_is_inserted_and_the_ledger_keeps_it_to_once()
    {
        var slice = new ImportDraft(StoreDatasets.Visits).Slice(1, 0, Row(2, _own), Row(3, _own), Row(4, _own));

        (await ApplyAsync(slice, slice)).ShouldBe([Applied(3), PartOutcome.AlreadyApplied]);
        (await ApplyAsync(slice)).ShouldBe([PartOutcome.AlreadyApplied]);

        (await fixture.Database.QueryAsync($"SELECT line FROM visits WHERE page = '{_own}' ORDER BY line"))
            .Select(row => row[0]).ShouldBe(["2", "3", "4"]);
    }

    [Fact]
    public async Task Odd_values_are_stored_unchanged()
    {
        string[] odd =
        [
            "O'Neill", "\"quoted\"", "back\\slash \\N \\x41", "{brace,brace}", "NULL", "null", "a,b;c\td", "line\nfeed\r\n", " padded ",
            "😀 e\u0301 日本", "$1 :name @p %s ?", "'; DROP TABLE contacts; --", "\u0001\u007f\ufeff\ufffe", new string('x', 100_000),
        ];
        var extra = """{"k\"ey":"v\\al {} 😀 'q'","n":""}""";
        Row[] rows = [.. odd.Select((value, i) => new Row(i + 2, [Email(i), value], extra))];

        (await ApplyAsync(new ImportDraft(StoreDatasets.Contacts, "o'dd {1}.csv").Slice(1, 0, rows)))
            .ShouldBe([Applied(odd.Length)]);

        var stored = await fixture.Database.QueryAsync(
            $"SELECT full_name, CAST(attributes AS text) FROM contacts WHERE email LIKE '%{_own}%' ORDER BY line");
        stored.Select(row => row[0]).ShouldBe(odd);
        System.Text.Json.Nodes.JsonNode.Parse(stored[0][1]!)!["k\"ey"]!.GetValue<string>().ShouldBe("v\\al {} 😀 'q'");
    }

    [Fact]
    public async Task Nothing_is_applied_of_nothing() => (await ApplyAsync()).ShouldBeEmpty();

    [Fact]
    public async Task Imports_and_datasets_mix_in_one_call_and_outcomes_keep_its_order()
    {
        var contacts = new ImportDraft(StoreDatasets.Contacts);
        var visits = new ImportDraft(StoreDatasets.Visits);

        var outcomes = await ApplyAsync(
            contacts.Closing(3, 2),
            visits.Slice(1, 0, Row(2, _own)),
            contacts.Slice(2, 1, [Row(3, Email(1), "x")], [Rejection(4)], []),
            visits.Closing(1, 1),
            contacts.Slice(1, 0, [], [], [2]));

        outcomes.ShouldBe([Applied(), Applied(1), Applied(1, 0, 1), Applied(), Applied(0, 1)]);
        (await BooksOf(contacts)).Complete.ShouldBeTrue();
        (await BooksOf(visits)).Complete.ShouldBeTrue();
    }

    [Fact]
    public async Task A_cancelled_call_applies_nothing()
    {
        var slice = new ImportDraft(StoreDatasets.Contacts).Slice(1, 0, Row(2, Email(1), "x"));

        await Should.ThrowAsync<OperationCanceledException>(() => _store.ApplyAsync([slice], new CancellationToken(canceled: true)));

        (await ApplyAsync(slice)).ShouldBe([Applied(1)]);
    }

    private static PartOutcome Applied(int inserted = 0, int duplicate = 0, int rejected = 0) =>
        new(PartOutcomeKind.Applied, inserted, duplicate, rejected);

    private Task<IReadOnlyList<PartOutcome>> ApplyAsync(params ImportPart[] parts) =>
        _store.ApplyAsync(parts, CancellationToken.None);

    private Row[] RowsOf(long[] lines) => [.. lines.Select(line => Row(line, Email((int)line), "x"))];

    private string Email(int n) => $"{n}.{_own}@example.com";

    private string Code(int n) => $"{n}.{_own}";

    private async Task<ImportBooks> BooksOf(ImportDraft import) =>
        (await _store.ReportAsync(ImportFilter.Of(import.Id), CancellationToken.None)).ShouldHaveSingleItem();

    private ValueTask<List<Rejection>> RejectionsOf(ImportDraft import, int? limit = null, long afterLine = 0) =>
        _store.ReadRejectionsAsync(import.Id, afterLine, limit, CancellationToken.None).ToListAsync();

    private ValueTask<List<long>> DuplicateLinesOf(ImportDraft import, int? limit = null, long afterLine = 0) =>
        _store.ReadDuplicateLinesAsync(import.Id, afterLine, limit, CancellationToken.None).ToListAsync();

    private async Task<string?> NameOf(string email) =>
        (await fixture.Database.QueryAsync($"SELECT full_name FROM contacts WHERE email = '{email}'")).ShouldHaveSingleItem()[0];

    private async Task<int> CountOwnContacts() =>
        (await fixture.Database.QueryAsync($"SELECT email FROM contacts WHERE email LIKE '%{_own}%'")).Count;

    private void ShouldHaveLoggedNothingBad() =>
        _logger.AboveInformation.ShouldBeEmpty();
}
