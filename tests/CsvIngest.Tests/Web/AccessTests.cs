using System.Net;
using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Web;

/// <summary>Who may do what: a program with tokens, and one without.</summary>
public sealed class AccessTests(AccessTests.Programs programs) : IClassFixture<AccessTests.Programs>
{
    private const string Token = "full-token-0123456789abcdef";
    private const string ReadToken = "read-token-0123456789abcdef";

    private readonly HttpClient _closed = programs.Closed.Client;
    private readonly HttpClient _open = programs.Open.Client;

    [Theory]
    [InlineData("--listen", "0.0.0.0:0")]
    [InlineData("--listen", "*:0")]
    [InlineData("--listen", "[::]:0")]
    public async Task Without_a_token_it_does_not_listen_for_other_machines(params string[] options)
    {
        using var folder = new WorkFolder();

        (await Testing.Programs.RunAsync("web", options, folder)).ShouldExitWith(64).ShouldSay("CSVINGEST_WEB_TOKEN");
    }

    [Theory]
    [InlineData("short", null, "CSVINGEST_WEB_TOKEN: expected 16 or more")]
    [InlineData(null, ReadToken, "CSVINGEST_WEB_READ_TOKEN is set without CSVINGEST_WEB_TOKEN")]
    [InlineData(Token, Token, "are the same")]
    public async Task Tokens_that_protect_nothing_are_refused(string? token, string? readToken, string message)
    {
        using var folder = new WorkFolder();
        var environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["CSVINGEST_WEB_TOKEN"] = token ?? "", ["CSVINGEST_WEB_READ_TOKEN"] = readToken ?? "",
        };

        (await Testing.Programs.RunAsync("web", [], folder, environment: environment)).ShouldExitWith(64).ShouldSay(message);
    }

    [Theory]
    [InlineData("evil.com")]
    [InlineData("127.evil.com")]
    [InlineData("localhost.evil.com")]
    [InlineData("192.168.0.1")]
    public async Task Without_a_token_only_the_loopback_address_may_be_its_host(string host)
    {
        using var refused = await SendAsync(_open, HttpMethod.Get, "/api/imports", request => request.Headers.Host = host);
        using var allowed = await SendAsync(_open, HttpMethod.Get, "/api/imports", request => request.Headers.Host = "localhost:1234");

        (refused.StatusCode, allowed.StatusCode).ShouldBe((HttpStatusCode.Forbidden, HttpStatusCode.OK));
    }

    [Theory]
    [InlineData("X-Forwarded-For")]
    [InlineData("Forwarded")]
    [InlineData("Via")]
    public async Task Without_a_token_it_answers_to_no_proxy(string header)
    {
        using var answer = await SendAsync(_open, HttpMethod.Get, "/", request => request.Headers.TryAddWithoutValidation(header, "1.2.3.4"));

        answer.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await answer.Content.ReadAsStringAsync()).ShouldContain("CSVINGEST_WEB_TOKEN");
    }

    [Theory]
    [InlineData("Sec-Fetch-Site", "cross-site", HttpStatusCode.Forbidden)]
    [InlineData("Sec-Fetch-Site", "same-site", HttpStatusCode.Forbidden)]
    [InlineData("Origin", "https://evil.com", HttpStatusCode.Forbidden)]
    [InlineData("Origin", "null", HttpStatusCode.Forbidden)]
    [InlineData("Sec-Fetch-Site", "same-origin", HttpStatusCode.BadRequest)]
    [InlineData("Accept", "*/*", HttpStatusCode.BadRequest)]
    public async Task Other_sites_cannot_make_a_browser_change_anything(string header, string value, HttpStatusCode expected)
    {
        // With a token and without: a browser would send the cookie, or reach this machine.
        foreach (var (client, cookie) in new[] { (_closed, await SignInAsync(Token)), (_open, "") })
        {
            foreach (var content in (HttpContent[])[new MultipartFormDataContent { { new StringContent("x"), "nothing" } }, new StringContent("x")])
            {
                using var answer = await SendAsync(client, HttpMethod.Post, "/api/imports", request =>
                {
                    request.Content = content;
                    request.Headers.TryAddWithoutValidation("Cookie", cookie);
                    request.Headers.TryAddWithoutValidation(header, value);
                });

                // What is let through is refused for its content.
                var isForm = content is MultipartFormDataContent;
                answer.StatusCode.ShouldBe(expected == HttpStatusCode.BadRequest && !isForm ? HttpStatusCode.UnsupportedMediaType : expected);
            }
        }
    }

    [Theory]
    [InlineData("POST", "/api/imports")]
    [InlineData("PUT", "/api/imports/x.csv")]
    [InlineData("POST", "/api/dead-letters/replay")]
    [InlineData("POST", "/api/dead-letters/purge?count=1")]
    [InlineData("POST", "/api/imports/00000000-0000-0000-0000-000000000000/cancel")]
    public async Task The_read_token_changes_nothing(string method, string path)
    {
        using var answer = await SendAsync(_closed, new HttpMethod(method), path, request => request.Headers.Authorization = new("Bearer", ReadToken));

        answer.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await SendAsync(_closed, HttpMethod.Get, "/api/imports", request => request.Headers.Authorization = new("Bearer", ReadToken)))
            .StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Without_a_token_a_program_gets_401_and_a_browser_the_sign_in_page()
    {
        using var program = await SendAsync(_closed, HttpMethod.Post, "/api/imports", request => request.Content = RunningWeb.Form("a.csv", "name,email\n"));
        using var wrong = await SendAsync(_closed, HttpMethod.Get, "/api/imports", request => request.Headers.Authorization = new("Bearer", Token + "x"));
        using var browser = await SendAsync(_closed, HttpMethod.Get, "/imports?search=x", request => request.Headers.Accept.ParseAdd("text/html"));

        (program.StatusCode, wrong.StatusCode).ShouldBe((HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized));
        program.Headers.WwwAuthenticate.ToString().ShouldBe("Bearer");
        (browser.StatusCode, browser.Headers.Location!.OriginalString).ShouldBe((HttpStatusCode.SeeOther, "/login?next=%2Fimports%3Fsearch%3Dx"));
        programs.Closed.UploadFolders.ShouldBeEmpty();
    }

    [Fact]
    public async Task Nearly_nothing_is_read_of_an_upload_with_a_wrong_token()
    {
        using var client = new System.Net.Sockets.TcpClient();
        await client.ConnectAsync(programs.Closed.Url.Host, programs.Closed.Url.Port);
        var head = $"POST /api/imports HTTP/1.1\r\nHost: {programs.Closed.Url.Authority}\r\nExpect: 100-continue\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: {1L << 30}\r\n\r\n";
        await client.GetStream().WriteAsync(System.Text.Encoding.ASCII.GetBytes(head));
        using var reader = new StreamReader(client.GetStream());

        // Before anything is sent, and without being asked for it.
        (await reader.ReadLineAsync()).ShouldStartWith("HTTP/1.1 401 ");
    }

    [Fact]
    public async Task A_session_lasts_until_it_is_ended()
    {
        var cookie = await SignInAsync(ReadToken);
        (await GetWithAsync(cookie)).ShouldBe(HttpStatusCode.OK);
        using var signOut = await SendAsync(_closed, HttpMethod.Post, "/logout", request => request.Headers.TryAddWithoutValidation("Cookie", cookie));

        (await GetWithAsync(cookie)).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Theory]
    [InlineData("http://127.0.0.1", false)]
    [InlineData("https://import.example.org", true)]
    public async Task The_cookie_is_out_of_reach_for_scripts_and_other_sites(string origin, bool isSecure)
    {
        using var answer = await SendAsync(_closed, HttpMethod.Post, "/login", request =>
        {
            request.Content = new FormUrlEncodedContent([new("token", Token), new("next", "//evil.com")]);
            request.Headers.TryAddWithoutValidation("Origin", origin);
            request.Headers.TryAddWithoutValidation("Sec-Fetch-Site", "same-origin");
            // What an unknown proxy says counts for nothing.
            request.Headers.TryAddWithoutValidation("X-Forwarded-Proto", "https");
        });

        answer.Headers.Location!.OriginalString.ShouldBe("/");
        var cookie = answer.Headers.GetValues("Set-Cookie").ShouldHaveSingleItem();
        cookie.ShouldContain("httponly");
        cookie.ShouldContain("samesite=strict");
        cookie.Contains("secure", StringComparison.Ordinal).ShouldBe(isSecure);
    }

    [Fact]
    public async Task A_wrong_token_does_not_sign_in_and_no_token_is_logged()
    {
        using var answer = await SendAsync(_closed, HttpMethod.Post, "/login", request =>
            request.Content = new FormUrlEncodedContent([new("token", "wrong-token-0123456789abcdef")]));

        answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        answer.Headers.Contains("Set-Cookie").ShouldBeFalse();
        await programs.Closed.Program.WaitForErrorLine("wrong token");
        programs.Closed.Program.ToString().ShouldNotContain("0123456789abcdef");
    }

    [Theory]
    [InlineData("/livez")]
    [InlineData("/readyz")]
    public async Task Health_needs_no_token_and_tells_nothing(string path)
    {
        using var answer = await SendAsync(_closed, HttpMethod.Get, path, _ => { });

        (answer.StatusCode, await answer.Content.ReadAsStringAsync()).ShouldBe((HttpStatusCode.OK, "ok\n"));
    }

    [Fact]
    public async Task The_health_check_of_a_container_needs_no_token() =>
        (await Testing.Programs.RunAsync("web", ["health", programs.Closed.Url.Authority], programs.Closed.Folder)).ShouldExitWith(0).Output.ShouldBe("ready\n");

    [Fact]
    public async Task Every_answer_has_the_headers_that_protect_pages()
    {
        foreach (var path in (string[])["/", "/imports", "/api/imports", "/nothing", "/app.js"])
        {
            using var answer = await SendAsync(_open, HttpMethod.Get, path, _ => { });

            answer.Headers.GetValues("Content-Security-Policy").Single().ShouldStartWith("default-src 'none'; script-src 'self';");
            answer.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);
        }
    }

    private async Task<string> SignInAsync(string token)
    {
        using var answer = await SendAsync(_closed, HttpMethod.Post, "/login", request => request.Content = new FormUrlEncodedContent([new("token", token)]));
        answer.StatusCode.ShouldBe(HttpStatusCode.SeeOther);
        return answer.Headers.GetValues("Set-Cookie").Single().Split(';')[0];
    }

    private async Task<HttpStatusCode> GetWithAsync(string cookie) =>
        (await SendAsync(_closed, HttpMethod.Get, "/api/imports", request => request.Headers.TryAddWithoutValidation("Cookie", cookie))).StatusCode;

    private static Task<HttpResponseMessage> SendAsync(HttpClient client, HttpMethod method, string path, Action<HttpRequestMessage> change)
    {
        var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        change(request);
        return client.SendAsync(request);
    }

    /// <summary>Both programs.</summary>
    public sealed class Programs : IAsyncLifetime
    {
        private readonly WorkFolder _closedFolder = new();
        private readonly WorkFolder _openFolder = new();

        internal RunningWeb Closed { get; private set; } = null!;

        internal RunningWeb Open { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Closed = await RunningWeb.StartAsync(_closedFolder, withConsumer: false, new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["CSVINGEST_WEB_TOKEN_FILE"] = _closedFolder.Write("token", Token + "\n"),
                ["CSVINGEST_WEB_READ_TOKEN"] = ReadToken,
            });
            Open = await RunningWeb.StartAsync(_openFolder, withConsumer: false);
        }

        public async ValueTask DisposeAsync()
        {
            await Closed.DisposeAsync();
            await Open.DisposeAsync();
            _closedFolder.Dispose();
            _openFolder.Dispose();
        }
    }
}
