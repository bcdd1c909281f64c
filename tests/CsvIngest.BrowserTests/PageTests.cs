using CsvIngest.Testing;
using Microsoft.Playwright;
using Shouldly;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace CsvIngest.BrowserTests;

/// <summary>The pages, as people use them in a browser.</summary>
public sealed class PageTests(SharedWeb shared, Browser browser) : IClassFixture<SharedWeb>
{
    private readonly RunningWeb _web = shared.Web;
    private readonly string _own = Guid.NewGuid().ToString("N");

    [Fact]
    public async Task A_file_is_checked_corrected_previewed_and_imported()
    {
        var page = await browser.OpenAsync(_web.Url);
        await page.GotoAsync("/");
        await page.GetByLabel("CSV file").SetInputFilesAsync(shared.Files.Write("june.csv", $"Who;Where\nAnn;ann@{_own}.example\nBob;nothing\n"));
        await page.GetByRole(AriaRole.Button, new() { Name = "Check and preview" }).ClickAsync();
        // What is missing is named, and can be chosen.
        await Expect(page.GetByRole(AriaRole.Alert).First).ToContainTextAsync("email");
        await page.GetByLabel("email (required)").SelectOptionAsync("email=#2");
        await page.GetByLabel("full_name (required)").SelectOptionAsync("full_name=#1");
        await page.GetByRole(AriaRole.Button, new() { Name = "Check again" }).ClickAsync();

        await Expect(page.Locator("[data-check=valid]")).ToHaveTextAsync("1");
        await Expect(page.Locator("[data-check=rejected]")).ToHaveTextAsync("1");
        await Expect(page.GetByRole(AriaRole.Group, new() { Name = "The first rows, as they would be stored" })).ToContainTextAsync($"ann@{_own}.example");
        await Expect(page.GetByText("`;` separated")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Import 1 row" }).ClickAsync();

        await Expect(page.Locator(".state")).ToHaveTextAsync("complete");
        await Expect(page.Locator("[data-books=inserted]")).ToHaveTextAsync("1");
        await Expect(page.Locator("[data-books=outstanding]")).ToHaveTextAsync("0");
        var download = await page.RunAndWaitForDownloadAsync(() => page.GetByRole(AriaRole.Link, new() { Name = "Rejected rows", Exact = true }).ClickAsync());
        download.SuggestedFilename.ShouldBe("june.rejected.csv");
        (await File.ReadAllTextAsync(await download.PathAsync())).ShouldBe("Who;Where\nBob;nothing\n");
    }

    [Fact]
    public async Task A_dropped_file_is_imported_and_found_in_the_list()
    {
        var page = await browser.OpenAsync(_web.Url);
        await page.GotoAsync("/");
        var transfer = await page.EvaluateHandleAsync(
            "text => { const data = new DataTransfer(); data.items.add(new File([text], 'dropped.csv')); return data; }", $"name,email\nAnn,drop@{_own}.example\n");
        await page.DispatchEventAsync("#drop", "drop", new { dataTransfer = transfer });
        await page.GetByRole(AriaRole.Button, new() { Name = "Import without preview" }).ClickAsync();
        await Expect(page.Locator(".state")).ToHaveTextAsync("complete");

        await page.GetByRole(AriaRole.Link, new() { Name = "Imports", Exact = true }).ClickAsync();
        await page.GetByLabel("File name or import ID").FillAsync("dropp");
        await page.Keyboard.PressAsync("Enter");

        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "dropped.csv" }).First).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Without_a_script_upload_preview_and_status_work()
    {
        var page = await browser.OpenAsync(_web.Url, withScript: false);
        await page.GotoAsync("/");
        await page.GetByLabel("CSV file").SetInputFilesAsync(shared.Files.Write("plain.csv", $"name,email\nAnn,plain@{_own}.example\n"));
        await SubmitAsync(page, "Check and preview");
        await ReloadUntilAsync(page, "checked");
        await SubmitAsync(page, "Import 1 row");

        await ReloadUntilAsync(page, "complete");
        await Expect(page.Locator("[data-books=inserted]")).ToHaveTextAsync("1");
    }

    [Fact]
    public async Task The_keyboard_alone_suffices()
    {
        var page = await browser.OpenAsync(_web.Url);
        await page.GotoAsync("/");
        await page.Keyboard.PressAsync("Tab");
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Skip to content" })).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Enter");
        await page.GetByLabel("CSV file").SetInputFilesAsync(shared.Files.Write("keys.csv", $"name,email\nAnn,keys@{_own}.example\n"));
        await page.GetByLabel("CSV file").FocusAsync();
        await page.Keyboard.PressAsync("Tab");
        await Expect(page.GetByLabel("Dataset")).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Tab");
        await page.Keyboard.PressAsync("Enter");

        var import = page.GetByRole(AriaRole.Button, new() { Name = "Import 1 row" });
        await Expect(import).ToBeVisibleAsync();
        await import.PressAsync("Enter");
        await Expect(page.Locator(".state")).ToHaveTextAsync("complete");
    }

    [Fact]
    public async Task A_file_that_is_too_large_is_not_sent()
    {
        var page = await browser.OpenAsync(_web.Url);
        await page.GotoAsync("/");
        using (var large = File.Create(shared.Files["large.csv"]))
        {
            large.SetLength((100 << 20) + 1);
        }

        await page.GetByLabel("CSV file").SetInputFilesAsync(shared.Files["large.csv"]);
        await page.GetByRole(AriaRole.Button, new() { Name = "Import without preview" }).ClickAsync();

        await Expect(page.Locator("#upload-problem")).ToContainTextAsync("more than the limit of 100MB. It was not sent.");
        page.Url.ShouldBe(new Uri(_web.Url, "/").ToString());
    }

    [Fact]
    public async Task The_same_file_again_leads_to_its_import()
    {
        var path = shared.Files.Write("same.csv", $"name,email\nAnn,same@{_own}.example\n");
        var import = await _web.UploadAsync(RunningWeb.Form("same.csv", File.ReadAllBytes(path), ("dataset", "contacts")));
        await _web.WaitForAsync(import, "complete");
        var page = await browser.OpenAsync(_web.Url);
        await page.GotoAsync("/");
        await page.GetByLabel("CSV file").SetInputFilesAsync(path);
        await page.GetByRole(AriaRole.Button, new() { Name = "Import without preview" }).ClickAsync();

        await page.GetByRole(AriaRole.Link, new() { Name = "Show this import" }).ClickAsync();

        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("same.csv");
    }

    [Fact]
    public async Task Names_headers_and_cells_never_become_markup()
    {
        const string Attack = "<img src=x onerror=alert(1)>";
        var page = await browser.OpenAsync(_web.Url);
        var reports = new List<string>();
        page.Dialog += (_, dialog) => reports.Add(dialog.Message);
        page.Console += (_, message) => reports.Add(message.Text);
        page.PageError += (_, error) => reports.Add(error);
        var import = await _web.UploadAsync(RunningWeb.Form(
            $"{Attack}.csv", $"name,email,\"{Attack}\"\n\"{Attack}\",ann@{_own}.example,\"{Attack}\"\n\"{Attack}\",\"{Attack}\",x\n", ("dry-run", "true")));
        await _web.WaitForAsync(import, "checked");

        await page.GotoAsync($"/imports/{import}");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync($"{Attack}.csv");
        (await page.Locator("img").CountAsync()).ShouldBe(0);
        await page.GetByRole(AriaRole.Button, new() { Name = "Import 1 row" }).ClickAsync();
        await Expect(page.Locator(".state")).ToHaveTextAsync("complete");
        await page.GotoAsync("/imports");
        await Expect(page.GetByText($"{Attack}.csv").First).ToBeVisibleAsync();

        (await page.Locator("img").CountAsync()).ShouldBe(0);
        reports.ShouldBeEmpty();
    }

    [Fact]
    public async Task Seven_windows_stay_live()
    {
        var first = await browser.OpenAsync(_web.Url);
        var pages = new List<IPage> { first };
        for (var n = 1; n < 7; n++)
        {
            pages.Add(await first.Context.NewPageAsync());
        }

        await Task.WhenAll(pages.Select(page => page.GotoAsync("/imports?search=seven")));
        await _web.UploadAsync(RunningWeb.Form("seven.csv", $"name,email\nAnn,seven@{_own}.example\n"));

        foreach (var page in pages)
        {
            await Expect(page.GetByRole(AriaRole.Link, new() { Name = "seven.csv" })).ToBeVisibleAsync();
        }
    }

    /// <summary>Sends a form. On return the page that answers it is there: reloading would interrupt a navigation.</summary>
    private static async Task SubmitAsync(IPage page, string name)
    {
        var button = page.GetByRole(AriaRole.Button, new() { Name = name });
        await button.ClickAsync();
        await Expect(button).ToBeHiddenAsync();
    }

    private static async Task ReloadUntilAsync(IPage page, string state) => await Poll.UntilAsync(async () =>
    {
        await page.ReloadAsync();
        return await page.Locator(".state").TextContentAsync() == state;
    });
}
