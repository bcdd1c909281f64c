using System.Globalization;
using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Datasets;

/// <summary>samples/transactions.csv, its expected totals, and eng/make-transactions.sh, which makes such files.</summary>
public sealed class TransactionsSampleTests : IDisposable
{
    private readonly WorkFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_sample_is_what_the_generator_makes_byte_for_byte() =>
        (await MakeAsync("1000", "20", "1")).ShouldExitWith(0).Output
            .ShouldBe(File.ReadAllText(Repository.PathOf("samples", "transactions.csv")));

    [Fact]
    public void The_expected_totals_are_the_exact_sums_of_the_sample()
    {
        var totals = TransactionsSample.Rows()
            .GroupBy(row => row.Account, StringComparer.Ordinal)
            .OrderBy(account => account.Key, StringComparer.Ordinal)
            .Select(account => string.Create(
                CultureInfo.InvariantCulture, $"{account.Key},{account.Count()},{account.Sum(row => row.Amount)}"));

        File.ReadLines(Repository.PathOf("samples", "transactions.totals.csv")).ShouldBe(["account_number,rows,total", .. totals]);
    }

    [Fact]
    public void The_sample_has_1000_transactions_over_20_accounts()
    {
        var rows = TransactionsSample.Rows();

        rows.Select(row => row.Id).Distinct(StringComparer.Ordinal).Count().ShouldBe(1000);
        rows.Select(row => row.Account).Distinct(StringComparer.Ordinal).Count().ShouldBe(20);
        rows.ShouldContain(row => row.Amount < 0);
    }

    [Fact]
    public async Task The_producer_accepts_every_row_of_the_sample()
    {
        var summary = await Programs.RunAsync(
            "producer", ["--file", _folder.CopyIn("samples/transactions.csv"), "--dataset", "transactions", "--dry-run", "--json"], _folder);

        summary.ShouldExitWith(0).Json().GetProperty("rowsSent").GetInt64().ShouldBe(1000);
    }

    [Fact]
    public async Task Different_seeds_make_different_transactions()
    {
        var one = (await MakeAsync("50", "3", "1")).Output.Split('\n')[1..^1];
        var other = (await MakeAsync("50", "3", "2")).Output.Split('\n')[1..^1];

        one.Length.ShouldBe(50);
        one.Concat(other).Select(line => line.Split(',')[0]).Distinct(StringComparer.Ordinal).Count().ShouldBe(100);
        one.Select(line => line.Split(',')[1]).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)
            .ShouldBe(["ACC-0000001", "ACC-0000002", "ACC-0000003"]);
    }

    [Theory]
    [InlineData("N must be", "1.5", "20", "1")]
    [InlineData("ACCOUNTS must be", "10", "0", "1")]
    [InlineData("SEED must be", "10", "20", "-1")]
    [InlineData("expected 3 arguments", "10", "20")]
    public async Task Invalid_arguments_are_rejected(string message, params string[] arguments) =>
        (await MakeAsync(arguments)).ShouldExitWith(64).ShouldSay(message).Output.ShouldBeEmpty();

    private Task<ProgramResult> MakeAsync(params string[] arguments) =>
        Programs.RunAsync("bash", [Repository.PathOf("eng", "make-transactions.sh"), .. arguments], _folder);
}
