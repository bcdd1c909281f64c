using CsvIngest.Testing;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace CsvIngest.BrowserTests;

/// <summary>The pages behind nginx, with a token.</summary>
public sealed class ProxyTests(Browser browser) : IDisposable
{
    private const string Token = "proxy-token-0123456789abcdef";

    private readonly WorkFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_a_proxy_refuses_is_explained_and_works_with_the_documented_settings()
    {
        await using var web = await RunningWeb.StartAsync(_folder, environment: new Dictionary<string, string>(StringComparer.Ordinal) { ["CSVINGEST_WEB_TOKEN"] = Token });
        var (plain, documented) = (ServerPorts.Take(), ServerPorts.Take());
        await using var nginx = StartNginx(web.Url.Port, plain, documented);
        // More than the 1 MB that nginx accepts by default.
        var file = _folder.Write("two-megabytes.csv", "name,email,note\n" + string.Concat(Enumerable.Range(0, 2000).Select(n => $"Ann,{n}@x.example,{new string('x', 1024)}\n")));
        var page = await browser.OpenAsync(new Uri($"http://127.0.0.1:{plain}"));
        await SignInAsync(page);

        await UploadAsync(page, file);
        await Expect(page.Locator("#upload-problem")).ToContainTextAsync("client_max_body_size");

        await page.GotoAsync($"http://127.0.0.1:{documented}/");
        await UploadAsync(page, file);
        await Expect(page.Locator(".state")).ToHaveTextAsync("complete");
    }

    private static async Task SignInAsync(IPage page)
    {
        await Poll.UntilAsync(async () =>
        {
            try
            {
                await page.GotoAsync("/");
                return true;
            }
            catch (PlaywrightException)
            {
                // nginx does not listen yet.
                return false;
            }
        });
        await page.GetByLabel("Token").FillAsync(Token);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Upload a file");
    }

    private static async Task UploadAsync(IPage page, string file)
    {
        await page.GetByLabel("CSV file").SetInputFilesAsync(file);
        await page.GetByRole(AriaRole.Button, new() { Name = "Import without preview" }).ClickAsync();
    }

    // The location of docs/web.md, and the same without its settings for uploads.
    private RunningProgram StartNginx(int web, int plain, int documented)
    {
        var block = Repository.PathOf("docs", "web.md");
        var location = File.ReadAllText(block).Split("```nginx\n")[1].Split("```")[0].Replace("127.0.0.1:8080", $"127.0.0.1:{web}", StringComparison.Ordinal)
            // The port is part of the host here, as it is not with HTTPS.
            .Replace("$host", "$http_host", StringComparison.Ordinal);
        var configuration = _folder.Write("nginx.conf", $$"""
            daemon off;
            pid {{_folder["nginx.pid"]}};
            error_log {{_folder["nginx.log"]}};
            events {}
            http {
                access_log off;
                client_body_temp_path {{_folder["body"]}};
                proxy_temp_path {{_folder["proxy"]}};
                fastcgi_temp_path {{_folder["fastcgi"]}};
                uwsgi_temp_path {{_folder["uwsgi"]}};
                scgi_temp_path {{_folder["scgi"]}};
                server {
                    listen 127.0.0.1:{{plain}};
                    location / { proxy_pass http://127.0.0.1:{{web}}; proxy_set_header Host $http_host; }
                }
                server {
                    listen 127.0.0.1:{{documented}};
                    {{location}}
                }
            }
            """);
        return Programs.Start(File.Exists("/usr/sbin/nginx") ? "/usr/sbin/nginx" : "nginx", ["-c", configuration, "-e", _folder["nginx.log"], "-g", "master_process off;"], _folder);
    }
}
