using System.Net;
using System.Text;
using System.Text.Json;
using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Web;

/// <summary>A preview is the check of the whole file with the options of the import, and the import does what it shows.</summary>
public sealed class CheckTests(SharedWeb shared) : IClassFixture<SharedWeb>
{
    private readonly RunningWeb _web = shared.Web;
    private readonly string _own = Guid.NewGuid().ToString("N");

    [Theory]
    [InlineData("contacts.csv")]
    [InlineData("contacts-messy.csv")]
    [InlineData("orders.csv")]
    [InlineData("orders-messy.csv")]
    public async Task A_preview_shows_what_a_dry_run_and_the_import_do(string sample)
    {
        using var folder = new WorkFolder();
        (await Programs.RunAsync("consumer", ["migrate", "--datasets", Repository.PathOf("samples")], folder)).ShouldExitWith(0);
        await using var web = await RunningWeb.StartAsync(folder, environment: Samples, withConsumer: false);
        var dataset = sample.StartsWith("orders", StringComparison.Ordinal) ? "orders" : "contacts";
        var content = await File.ReadAllBytesAsync(Repository.PathOf("samples", sample));
        var dryRun = (await Programs.RunAsync(
            "producer", [folder.CopyIn($"samples/{sample}"), "--dataset", dataset, "--dry-run", "--json"], folder, environment: Samples)).ShouldExitWith(0).Json();
        var errors = Path.ChangeExtension(sample, null) + ".errors.csv";

        var import = await web.UploadAsync(RunningWeb.Form(sample, content, ("dataset", dataset), ("dry-run", "true")));
        var check = (await web.WaitForAsync(import, "checked")).GetProperty("check");
        (await TextOfAsync(web, import)).ShouldBe(File.Exists(folder[errors]) ? folder.Read(errors) : null);
        using var start = await web.Client.PostAsync(new Uri($"/api/imports/{import}/start?revision=1", UriKind.Relative), null);
        (await Programs.RunAsync("consumer", ["--drain"], folder, environment: Samples)).ShouldExitWith(0);
        var books = await BooksAsync(web, folder, import);

        (Count(check, "rowsRead"), Count(check, "rowsValid"), Count(check, "rowsDuplicate"), Count(check, "rowsRejected")).ShouldBe(
            (Count(dryRun, "rowsRead"), Count(dryRun, "rowsSent"), Count(dryRun, "rowsDuplicate"), Count(dryRun, "rowsRejected")));
        (Count(books, "rowsRead"), Count(books, "inserted"), Count(books, "duplicate"), Count(books, "rejected")).ShouldBe(
            (Count(check, "rowsRead"), Count(check, "rowsValid"), Count(check, "rowsDuplicate"), Count(check, "rowsRejected")));
        (await TextOfAsync(web, import)).ShouldBe(File.Exists(folder[errors]) ? folder.Read(errors) : null);
    }

    [Fact]
    public async Task What_is_wrong_far_down_in_the_file_is_in_the_preview()
    {
        var file = new StringBuilder("name,email\n");
        for (var n = 0; n < 100_000; n++)
        {
            file.Append($"Ann,{n}@{_own}.example\n");
        }

        file.Append("Bob,nothing\n").Append($"Zoë,zoe@{_own}.example\n");

        var import = await _web.UploadAsync(RunningWeb.Form("long.csv", Encoding.Latin1.GetBytes(file.ToString()), ("dry-run", "true")));

        var check = (await _web.WaitForAsync(import, "checked")).GetProperty("check");
        check.GetProperty("firstRejections").EnumerateArray().Select(row => row.GetProperty("line").GetInt64()).ShouldBe([100_002]);
        check.GetProperty("format").GetString()!.ShouldContain("Windows-1252");
        Count(check, "rowsValid").ShouldBe(100_001);
        (await _web.GetAsync("/api/imports?search=long.csv")).GetProperty("imports")[0].GetProperty("state").GetString().ShouldBe("checked");
    }

    public static TheoryData<byte[], string> Files => new()
    {
        { [0xEF, 0xBB, 0xBF, .. "name,email\nZoë,z@x.example\n"u8], "`,` separated, UTF-8, header on line 1" },
        { [0xFF, 0xFE, .. Encoding.Unicode.GetBytes("name\temail\nZoë\tz@x.example\n")], "tab separated, UTF-16 LE, header on line 1" },
        { Encoding.Latin1.GetBytes("name;email\nZoë;z@x.example\n"), "`;` separated, Windows-1252, header on line 1" },
        { "sep=;\nname;email\nZoë;z@x.example\n"u8.ToArray(), "`;` separated, UTF-8, header on line 2" },
    };

    [Theory]
    [MemberData(nameof(Files))]
    public async Task The_format_that_was_detected_is_shown_with_the_rows_as_they_will_be_stored(byte[] content, string format)
    {
        var import = await _web.UploadAsync(RunningWeb.Form("format.csv", content, ("dry-run", "true")));

        var check = (await _web.WaitForAsync(import, "checked")).GetProperty("check");

        check.GetProperty("format").GetString().ShouldBe(format);
        check.GetProperty("firstRows")[0].GetProperty("values").EnumerateArray().Select(value => value.GetString()).ShouldBe(["z@x.example", "Zoë"]);
    }

    [Fact]
    public async Task A_mapping_is_corrected_and_checked_again_and_an_older_one_cannot_be_started()
    {
        var import = await _web.UploadAsync(RunningWeb.Form("map.csv", $"Who,Where\nAnn,ann@{_own}.example\n", ("dry-run", "true")));
        var failed = (await _web.WaitForAsync(import, "checked")).GetProperty("check");
        failed.GetProperty("failure").GetString()!.ShouldContain("email");
        failed.GetProperty("headers").EnumerateArray().Select(header => header.GetString()).ShouldBe(["Who", "Where"]);

        using var revised = await PostAsync(import, "options", ("revision", "1"), ("map", "email=#2"), ("map", "full_name=#1"));
        var check = (await _web.WaitForAsync(import, "checked")).GetProperty("check");
        using var stale = await PostAsync(import, "start", ("revision", "1"));
        using var staleOptions = await PostAsync(import, "options", ("revision", "1"));
        using var started = await PostAsync(import, "start", ("revision", "2"));

        (revised.StatusCode, stale.StatusCode, staleOptions.StatusCode, started.StatusCode).ShouldBe(
            (HttpStatusCode.Accepted, HttpStatusCode.Conflict, HttpStatusCode.Conflict, HttpStatusCode.Accepted));
        check.GetProperty("columns").EnumerateArray().Select(column => column.GetProperty("sources")[0].GetString()).ShouldBe(["Where", "Who"]);
        Count((await _web.WaitForAsync(import, "complete")).GetProperty("books"), "inserted").ShouldBe(1);
    }

    [Fact]
    public async Task What_was_checked_and_imported_before_is_not_imported_again_by_the_way()
    {
        var file = $"name,email\nAnn,ann@{_own}.example\n";
        var first = await _web.UploadAsync(RunningWeb.Form("first.csv", file));
        await _web.WaitForAsync(first, "complete");
        var second = await _web.UploadAsync(RunningWeb.Form("second.csv", file, ("dry-run", "true")));
        await _web.WaitForAsync(second, "checked");

        using var refused = await PostAsync(second, "start", ("revision", "1"));
        using var again = await PostAsync(second, "start", ("revision", "1"), ("again", "true"));

        (refused.StatusCode, again.StatusCode).ShouldBe((HttpStatusCode.Conflict, HttpStatusCode.Accepted));
        await _web.WaitForAsync(second, "complete");
    }

    [Fact]
    public async Task A_preview_can_be_discarded()
    {
        var import = await _web.UploadAsync(RunningWeb.Form("no.csv", $"name,email\nAnn,no@{_own}.example\n", ("dry-run", "true")));
        await _web.WaitForAsync(import, "checked");

        using var answer = await PostAsync(import, "cancel");

        (await _web.WaitForAsync(import, "cancelled")).TryGetProperty("books", out _).ShouldBeFalse();
    }

    private static Dictionary<string, string> Samples => new(StringComparer.Ordinal) { ["CSVINGEST_DATASETS"] = Repository.PathOf("samples") };

    private static long Count(JsonElement element, string name) => element.GetProperty(name).GetInt64();

    private static async Task<JsonElement> BooksAsync(RunningWeb web, WorkFolder folder, Guid import)
    {
        await Poll.UntilAsync(async () =>
        {
            (await Programs.RunAsync("consumer", ["--drain"], folder, environment: Samples)).ShouldExitWith(0);
            return (await web.GetAsync($"/api/imports/{import}")).GetProperty("state").GetString() == "complete";
        });
        return (await web.GetAsync($"/api/imports/{import}")).GetProperty("books");
    }

    private static async Task<string?> TextOfAsync(RunningWeb web, Guid import)
    {
        using var answer = await web.Client.GetAsync(new Uri($"/api/imports/{import}/errors.csv", UriKind.Relative));
        return answer.StatusCode == HttpStatusCode.NotFound ? null : await answer.Content.ReadAsStringAsync();
    }

    private Task<HttpResponseMessage> PostAsync(Guid import, string action, params IEnumerable<(string Name, string Value)> fields) => _web.Client.PostAsync(
        new Uri($"/api/imports/{import}/{action}", UriKind.Relative),
        new FormUrlEncodedContent(fields.Select(field => KeyValuePair.Create(field.Name, field.Value))));
}
