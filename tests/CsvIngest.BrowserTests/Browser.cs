using CsvIngest.Testing;
using Microsoft.Playwright;
using Xunit;

[assembly: AssemblyFixture(typeof(CsvIngest.BrowserTests.Browser))]

namespace CsvIngest.BrowserTests;

/// <summary>One browser for all tests: the one that is installed on this machine.</summary>
public sealed class Browser : IAsyncLifetime
{
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    /// <summary>Opens a page of its own session.</summary>
    /// <param name="url">The address of the site.</param>
    /// <param name="width">The width of the window.</param>
    /// <param name="isDark">Whether the user prefers dark pages.</param>
    /// <param name="withScript">Whether scripts run.</param>
    public async Task<IPage> OpenAsync(Uri url, int width = 1280, bool isDark = false, bool withScript = true)
    {
        var context = await _browser!.NewContextAsync(new()
        {
            BaseURL = url.ToString(),
            ViewportSize = new() { Width = width, Height = 900 },
            ColorScheme = isDark ? ColorScheme.Dark : ColorScheme.Light,
            ReducedMotion = ReducedMotion.Reduce,
            JavaScriptEnabled = withScript,
            AcceptDownloads = true,
        });
        var page = await context.NewPageAsync();
        page.SetDefaultTimeout((float)Programs.DefaultTimeout.TotalMilliseconds);
        return page;
    }

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        Assertions.SetDefaultExpectTimeout((float)Programs.DefaultTimeout.TotalMilliseconds);
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = "/usr/bin/chromium" });
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
    }
}
