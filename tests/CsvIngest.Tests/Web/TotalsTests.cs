using System.Net;
using System.Text.Json;
using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Web;

/// <summary>The totals of the datasets, in the API and on their page.</summary>
public sealed class TotalsTests : IDisposable
{
    private readonly WorkFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Totals_are_those_that_consumer_totals_shows_and_read_in_pages()
    {
        await using var web = await RunningWeb.StartAsync(_folder);
        var import = await web.UploadAsync(RunningWeb.Form(
            "transactions.csv", await File.ReadAllBytesAsync(Repository.PathOf("samples", "transactions.csv")), ("dataset", "transactions")));
        await web.WaitForAsync(import, "complete");
        var shown = JsonSerializer.Deserialize<JsonElement>((await Programs.RunAsync("consumer", ["totals", "--json"], _folder)).ShouldExitWith(0).Output);

        var all = await web.GetAsync("/api/totals?dataset=transactions");
        var first = await web.GetAsync("/api/totals?limit=15");
        var second = await web.GetAsync($"/api/totals?limit=15&after={first.GetProperty("next").GetString()}");
        var account = shown[7].GetProperty("value").GetString()!;
        var one = await web.GetAsync($"/api/totals?by={Uri.EscapeDataString(account)}");

        TotalsOf(all).ShouldBe(shown.EnumerateArray().Select(Text));
        TotalsOf(first).Concat(TotalsOf(second)).ShouldBe(TotalsOf(all));
        TotalsOf(first).Count().ShouldBe(15);
        second.TryGetProperty("next", out _).ShouldBeFalse();
        TotalsOf(one).ShouldBe([Text(shown[7])]);

        var page = await web.Client.GetStringAsync(new Uri($"/totals?by={Uri.EscapeDataString(account)}", UriKind.Relative));
        page.ShouldContain(account);
        page.ShouldContain($">{shown[7].GetProperty("total").GetString()}<");
        (await web.Client.GetStringAsync(new Uri($"/imports/{import}", UriKind.Relative))).ShouldContain("href=\"/totals?dataset=transactions\"");
        (await web.Client.GetStringAsync(new Uri("/", UriKind.Relative))).ShouldContain("href=\"/totals\"");
    }

    [Fact]
    public async Task Without_a_dataset_that_defines_totals_there_is_no_page_of_them()
    {
        Directory.CreateDirectory(_folder["datasets"]);
        // A definition of this name replaces the only one that is built in.
        _folder.Write("datasets/transactions.json", """{ "name": "transactions", "table": "transactions", "columns": { "email": { "type": "email" } } }""");
        await using var web = await RunningWeb.StartAsync(_folder, withConsumer: false, options: ["--datasets", "datasets"]);
        using var page = await web.Client.GetAsync(new Uri("/totals", UriKind.Relative));

        page.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await web.Client.GetStringAsync(new Uri("/", UriKind.Relative))).ShouldNotContain("/totals");
        TotalsOf(await web.GetAsync("/api/totals")).ShouldBeEmpty();
        _folder.Write("datasets/transactions.json", "{");
        // A definition that is wrong is no reason to show nothing.
        (await web.Client.GetAsync(new Uri("/imports", UriKind.Relative))).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Wrong_queries_are_refused_with_the_reason()
    {
        (string Query, string Detail)[] wrong =
        [
            ("dataset=nothing", "There is no dataset \"nothing\". Datasets with totals: transactions."),
            ("dataset=contacts", "Dataset \"contacts\" defines no totals. Datasets with totals: transactions."),
            ("after=x", "after is not a position"),
            ("after=WzEsMl0", "after is not a position"),
            ("limit=many", "limit is not a number."),
        ];
        await using var web = await RunningWeb.StartAsync(_folder, withConsumer: false);
        foreach (var (query, detail) in wrong)
        {
            using var answer = await web.Client.GetAsync(new Uri($"/api/totals?{query}", UriKind.Relative));

            answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest, query);
            JsonSerializer.Deserialize<JsonElement>(await answer.Content.ReadAsStringAsync()).GetProperty("detail").GetString()!.ShouldContain(detail);
        }
    }

    private static IEnumerable<string> TotalsOf(JsonElement part) => part.GetProperty("totals").EnumerateArray().Select(Text);

    private static string Text(JsonElement total) => JsonSerializer.Serialize(total);
}
