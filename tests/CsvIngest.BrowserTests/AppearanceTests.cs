using CsvIngest.Testing;
using Deque.AxeCore.Playwright;
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
        var page = await browser.OpenAsync(_web.Url, width, isDark);

        (string Name, string Path)[] pages =
        [
            ("upload", "/"), ("imports", "/imports"), ("preview", $"/imports/{check}"), ("preview-unusable", $"/imports/{failed}"), ("import", $"/imports/{import}"),
            ("dead-letters", "/dead-letters"), ("sign-in", "/login"), ("error", "/nothing"),
        ];
        foreach (var (name, path) in pages)
        {
            await page.GotoAsync(path);
            var found = await page.RunAxe();

            found.Violations.Where(violation => violation.Impact is "serious" or "critical")
                .Select(violation => $"{name}: {violation.Id}: {string.Join(", ", violation.Nodes.Select(node => node.Html))}").ShouldBeEmpty();
            (await page.EvaluateAsync<int>("document.documentElement.scrollWidth")).ShouldBeLessThanOrEqualTo(width, $"{name} is wider than the window");
            await PictureAsync(page, $"{name}-{width}-{(isDark ? "dark" : "light")}");
        }
    }

    private static async Task PictureAsync(IPage page, string name)
    {
        if (Pictures is not null)
        {
            await page.ScreenshotAsync(new() { Path = Path.Combine(Pictures, $"{name}.png"), Animations = ScreenshotAnimations.Disabled });
        }
    }
}
