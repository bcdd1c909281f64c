using System.Text;
using CsvIngest.Messages;
using CsvIngest.Settings;
using CsvIngest.Sqlite;
using CsvIngest.Testing;
using Deque.AxeCore.Playwright;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Playwright;
using Shouldly;
using Xunit;

namespace CsvIngest.BrowserTests;

/// <summary>The pages can be read and used by everybody: at two widths, light and dark. The pictures of the documents come from here.</summary>
public sealed class AppearanceTests(SharedWeb shared, Browser browser) : IClassFixture<SharedWeb>
{
    /// <summary>Set to a folder to have pictures of the pages written there.</summary>
    private static readonly string? Pictures = Environment.GetEnvironmentVariable("CSVINGEST_TEST_PICTURES");

    private readonly RunningWeb _web = shared.Web;

    [Theory]
    [InlineData(1280, false)]
    [InlineData(1280, true)]
    [InlineData(360, false)]
    [InlineData(360, true)]
    public async Task Every_page_is_accessible_and_fits(int width, bool isDark)
    {
        var messy = await File.ReadAllBytesAsync(Repository.PathOf("samples", "contacts-messy.csv"));
        var check = await _web.UploadAsync(RunningWeb.Form("contacts-messy.csv", messy, ("dry-run", "true")));
        var import = await _web.UploadAsync(RunningWeb.Form("contacts-messy.csv", messy, ("again", "true")));
        var failed = await _web.UploadAsync(RunningWeb.Form("orders.csv", await File.ReadAllBytesAsync(Repository.PathOf("samples", "orders.csv")), ("dry-run", "true")));
        await _web.WaitForAsync(check, "checked");
        await _web.WaitForAsync(import, "complete");
        await _web.WaitForAsync(failed, "checked");
        await _web.WaitForAsync(await _web.UploadAsync(RunningWeb.Form(
            "transactions.csv", await File.ReadAllBytesAsync(Repository.PathOf("samples", "transactions.csv")), ("dataset", "transactions"), ("again", "true"))), "complete");
        await MakeDeadLettersAsync(import);
        var page = await browser.OpenAsync(_web.Url, width, isDark);

        (string Name, string Path)[] pages =
        [
            ("upload", "/"), ("imports", "/imports"), ("preview", $"/imports/{check}"), ("preview-unusable", $"/imports/{failed}"), ("import", $"/imports/{import}"),
            ("dead-letters", "/dead-letters"), ("totals", "/totals"), ("sign-in", "/login"), ("error", "/nothing"),
        ];
        foreach (var (name, path) in pages)
        {
            await page.GotoAsync(path);
            await CheckAsync(page, name, width);
            await PictureAsync(page, $"{name}-{width}-{(isDark ? "dark" : "light")}");
        }
    }

    [Fact]
    public async Task An_import_under_way_is_accessible_and_fits()
    {
        var rows = new StringBuilder("name,email\n");
        for (var n = 0; n < 200_000; n++)
        {
            rows.Append("Ann,").Append(n).Append("@progress.example\n");
        }

        Guid import;
        // Nobody else can write to the queue, so that the import stays as it is for as long as somebody looks at it.
        await using (var database = new SqliteConnection($"Data Source={_web.Folder["csvingest.db"]};Pooling=false"))
        {
            await database.OpenAsync();
            await using var transaction = database.BeginTransaction(deferred: false);
            import = await _web.UploadAsync(RunningWeb.Form("customers-2026.csv", rows.ToString()));
            await Poll.UntilAsync(async () => (await _web.GetAsync($"/api/imports/{import}")).TryGetProperty("progress", out var progress)
                && progress.GetProperty("bytesRead").GetInt64() > 0);
            foreach (var width in (int[])[1280, 360])
            {
                var page = await browser.OpenAsync(_web.Url, width);
                await page.GotoAsync($"/imports/{import}");

                await Assertions.Expect(page.GetByRole(AriaRole.Progressbar).First).ToBeVisibleAsync();
                await PictureAsync(page, $"progress-{width}-light");
                await CheckAsync(page, "progress", width);
            }
        }

        await _web.WaitForAsync(import, "complete");
    }

    private static async Task CheckAsync(IPage page, string name, int width)
    {
        var found = await page.RunAxe();

        found.Violations.Where(violation => violation.Impact is "serious" or "critical")
            .Select(violation => $"{name}: {violation.Id}: {string.Join(", ", violation.Nodes.Select(node => node.Html))}").ShouldBeEmpty();
        (await page.EvaluateAsync<int>("document.documentElement.scrollWidth")).ShouldBeLessThanOrEqualTo(width, $"{name} is wider than the window");
    }

    /// <summary>Publishes messages that the consumer cannot process: one of the import, one of a dataset that it does not know, and rubbish.</summary>
    private async Task MakeDeadLettersAsync(Guid import)
    {
        await using var broker = SqliteBroker.Kind.Open(new ConfiguredAddress($"sqlite:{_web.Folder["csvingest.db"]}"), "csv-ingest", NullLoggerFactory.Instance);
        await using (var publisher = broker.OpenPublisher(new PublisherOptions()))
        {
            string[] messages =
            [
                $$$"""{"importId":"{{{import}}}","dataset":"contacts","source":"contacts-messy.csv","slice":{"number":1,"rows":[{"line":900,"values":["a@x.example","A"]}]}}""",
                $$$"""{"importId":"{{{Guid.NewGuid()}}}","dataset":"orders","source":"orders.csv","slice":{"number":1,"rows":[{"line":2,"values":["1"]}]}}""",
                "rubbish",
            ];
            foreach (var message in messages)
            {
                await publisher.PublishAsync(new OutgoingMessage(Encoding.UTF8.GetBytes(message), ContentTypes.Json));
            }
        }

        await Poll.UntilAsync(async () => (await _web.GetAsync("/api/queue")) is var queue
            && queue.GetProperty("deadLetters").GetInt64() > 0 && queue.GetProperty("messagesWaiting").GetInt64() == 0);
    }

    private static async Task PictureAsync(IPage page, string name)
    {
        if (Pictures is not null)
        {
            await page.ScreenshotAsync(new() { Path = Path.Combine(Pictures, $"{name}.png"), Animations = ScreenshotAnimations.Disabled });
        }
    }
}
