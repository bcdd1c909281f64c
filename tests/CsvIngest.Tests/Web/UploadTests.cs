using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Web;

/// <summary>What happens to files that are uploaded, with a web program and a consumer on SQLite.</summary>
public sealed class UploadTests(SharedWeb shared) : IClassFixture<SharedWeb>
{
    private static readonly Uri Imports = new("/api/imports", UriKind.Relative);

    private readonly RunningWeb _web = shared.Web;
    private readonly string _own = Guid.NewGuid().ToString("N");

    [Fact]
    public async Task An_uploaded_file_ends_in_the_books_with_its_rejected_rows()
    {
        var import = await _web.UploadAsync(RunningWeb.Form("june.csv", $"name,email\nAnn,ann@{_own}.example\nBob,nothing\nAnn,ANN@{_own}.example\n"));

        var shown = await _web.WaitForAsync(import, "complete");

        var books = shown.GetProperty("books");
        (books.GetProperty("rowsRead").GetInt64(), books.GetProperty("inserted").GetInt64(), books.GetProperty("duplicate").GetInt64(),
            books.GetProperty("rejected").GetInt64(), books.GetProperty("outstanding").GetInt64()).ShouldBe((3, 1, 1, 1, 0));
        var rejections = await _web.GetAsync($"/api/imports/{import}/rejections");
        rejections.GetProperty("rejections").EnumerateArray().Select(row => (row.GetProperty("line").GetInt64(), row.GetProperty("column").GetString()))
            .ShouldBe([(3, "email")]);
        (await _web.Client.GetStringAsync(new Uri($"/api/imports/{import}/rejected.csv", UriKind.Relative))).ShouldBe("name,email\nBob,nothing\n");
        (await _web.Client.GetStringAsync(new Uri($"/api/imports/{import}/errors.csv", UriKind.Relative))).ShouldStartWith("line,column,code,reason\n3,email,invalid-email,");
        // Once everything is confirmed, neither the file nor what its import needed is kept.
        var folder = Path.Combine(_web.Uploads, import.ToString());
        await Poll.UntilAsync(() => Directory.EnumerateFileSystemEntries(folder, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(folder, path)).Order(StringComparer.Ordinal)
            .SequenceEqual(["rejects", "rejects/june.errors.csv", "rejects/june.rejected.csv", "upload.json"]));
    }

    [Fact]
    public async Task A_body_that_is_the_file_is_imported_under_the_name_in_the_address()
    {
        using var answer = await _web.Client.PutAsync(
            new Uri("/api/imports/july.csv?dataset=subscribers", UriKind.Relative), new StringContent($"email\nann@{_own}.example\n"));

        answer.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        var shown = await _web.WaitForAsync(IdOf(await answer.Content.ReadAsStringAsync()), "complete");
        (shown.GetProperty("source").GetString(), shown.GetProperty("dataset").GetString()).ShouldBe(("july.csv", "subscribers"));
    }

    [Fact]
    public async Task Fields_count_before_and_after_the_file()
    {
        var file = Encoding.UTF8.GetBytes($"Who,Where\nAnn,ann@{_own}.example\n");
        var import = await _web.UploadAsync(RunningWeb.Form("a.csv", file, ("map", "email=Where"), ("map", "full_name=Who"), ("delimiter", "")));
        var before = new MultipartFormDataContent
        {
            { new StringContent("email=Where"), "map" },
            { new StringContent("full_name=Who"), "map" },
            { new ByteArrayContent(file), "file", "b.csv" },
        };
        await _web.WaitForAsync(import, "complete");

        using var answer = await _web.Client.PostAsync(Imports, before);

        // The same content and options: it is known.
        answer.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        var problem = JsonSerializer.Deserialize<JsonElement>(await answer.Content.ReadAsStringAsync());
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        (problem.GetProperty("import").GetGuid(), problem.GetProperty("location").GetString()).ShouldBe((import, $"/api/imports/{import}"));
    }

    [Fact]
    public async Task The_same_file_at_the_same_time_is_one_import_and_once_more_only_if_that_is_wanted()
    {
        var file = $"name,email\nAnn,ann@{_own}.example\n";

        var answers = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => _web.Client.PostAsync(Imports, RunningWeb.Form("twice.csv", file))));

        var ids = new HashSet<Guid>();
        foreach (var answer in answers)
        {
            answer.StatusCode.ShouldBeOneOf(HttpStatusCode.Accepted, HttpStatusCode.Conflict);
            ids.Add(IdOf(await answer.Content.ReadAsStringAsync()));
        }

        var import = ids.ShouldHaveSingleItem();
        await _web.WaitForAsync(import, "complete");
        var again = await _web.UploadAsync(RunningWeb.Form("twice.csv", file, ("again", "true")));
        again.ShouldNotBe(import);
        (await _web.WaitForAsync(again, "complete")).GetProperty("books").GetProperty("duplicate").GetInt64().ShouldBe(1);
    }

    [Fact]
    public async Task A_request_that_is_repeated_with_its_key_is_answered_as_before()
    {
        var first = await SendAsync("a");
        var second = await SendAsync("a");
        var other = await SendAsync("b");

        (first.StatusCode, second.StatusCode).ShouldBe((HttpStatusCode.Accepted, HttpStatusCode.Accepted));
        IdOf(await second.Content.ReadAsStringAsync()).ShouldBe(IdOf(await first.Content.ReadAsStringAsync()));
        other.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);

        Task<HttpResponseMessage> SendAsync(string who) => _web.Client.SendAsync(new HttpRequestMessage(HttpMethod.Post, Imports)
        {
            Content = RunningWeb.Form("key.csv", $"name,email\nAnn,{who}@{_own}.example\n"),
            Headers = { { "Idempotency-Key", _own } },
        });
    }

    [Fact]
    public async Task An_upload_that_is_cut_off_leaves_nothing()
    {
        var before = _web.UploadFolders.Count();
        var part = $"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"cut.csv\"\r\n\r\nname,email\nAnn,ann@{_own}.example\n";

        // The connection ends in the middle; and the body ends without the boundary that ends the form.
        using (var cut = await SendRawAsync($"POST /api/imports HTTP/1.1\r\nHost: {_web.Url.Authority}\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 5000\r\n\r\n{part}"))
        {
            await Poll.UntilAsync(() => _web.UploadFolders.Count() == before + 1);
        }

        await Poll.UntilAsync(() => _web.UploadFolders.Count() == before);
        using var unfinished = await SendRawAsync(
            $"POST /api/imports HTTP/1.1\r\nHost: {_web.Url.Authority}\r\nConnection: close\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: {part.Length}\r\n\r\n{part}");
        (await ReadAllAsync(unfinished)).ShouldStartWith("HTTP/1.1 400 ");

        _web.UploadFolders.Count().ShouldBe(before);
        (await _web.GetAsync("/api/imports?search=cut.csv")).GetProperty("imports").GetArrayLength().ShouldBe(0);
    }

    [Theory]
    [InlineData("../../x.csv", "x.csv")]
    [InlineData(@"C:\files\x.csv", "x.csv")]
    [InlineData("..", "upload.csv")]
    [InlineData("a\u202Eb.csv", "ab.csv")]
    [InlineData("ütf-8 名.csv", "ütf-8 名.csv")]
    public async Task Names_are_only_displayed(string sent, string shown)
    {
        var import = await _web.UploadAsync(RunningWeb.Form(sent, $"name,email\nAnn,nothing {_own} {sent.Length}\n"));

        (await _web.WaitForAsync(import, "complete")).GetProperty("source").GetString().ShouldBe(shown);

        using var download = await _web.Client.GetAsync(new Uri($"/api/imports/{import}/rejected.csv", UriKind.Relative));
        download.StatusCode.ShouldBe(HttpStatusCode.OK);
        download.Content.Headers.ContentDisposition!.DispositionType.ShouldBe("attachment");
        Directory.EnumerateFileSystemEntries(_web.Folder.FullPath).Select(Path.GetFileName).Order(StringComparer.Ordinal)
            .Where(name => !name!.StartsWith("csvingest.db", StringComparison.Ordinal) && name != ".csvingest").ShouldBe(["uploads"]);
        _web.UploadFolders.Where(folder => !Guid.TryParse(Path.GetFileName(folder), out _)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("/api/imports/..%2f..%2fcsvingest.db/rejected.csv")]
    [InlineData("/api/imports/00000000-0000-0000-0000-000000000000/..%2fupload.json")]
    [InlineData("/uploads/")]
    [InlineData("/metrics")]
    public async Task Nothing_else_can_be_downloaded(string path) =>
        (await _web.Client.GetAsync(new Uri(path, UriKind.Relative))).StatusCode.ShouldBe(HttpStatusCode.NotFound);

    [Fact]
    public async Task A_wrong_method_is_answered_with_those_that_are_accepted()
    {
        using var answer = await _web.Client.DeleteAsync(Imports);

        answer.StatusCode.ShouldBe(HttpStatusCode.MethodNotAllowed);
        (await answer.Content.ReadAsStringAsync()).ShouldContain("does not accept DELETE; expected GET, POST.");
    }

    [Fact]
    public async Task A_name_that_is_too_long_is_shortened()
    {
        var import = await _web.UploadAsync(RunningWeb.Form(new string('n', 5000) + ".csv", $"name,email\nAnn,none {_own}\n"));

        (await _web.WaitForAsync(import, "complete")).GetProperty("source").GetString()!.Length.ShouldBe(255);
        (await _web.Client.GetAsync(new Uri($"/api/imports/{import}/errors.csv", UriKind.Relative))).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Compressed_files_are_imported_and_bombs_are_not()
    {
        var file = Encoding.UTF8.GetBytes($"name,email\nAnn,gz@{_own}.example\n");
        var import = await _web.UploadAsync(RunningWeb.Form("a.csv.gz", Compressed(file)));
        var bomb = await _web.UploadAsync(RunningWeb.Form("bomb.csv.gz", Compressed([.. "name,email\n"u8, .. new byte[100 << 20]])));
        var twice = await _web.UploadAsync(RunningWeb.Form("twice.csv.gz", Compressed(Compressed(file))));

        (await _web.WaitForAsync(import, "complete")).GetProperty("books").GetProperty("inserted").GetInt64().ShouldBe(1);
        (await _web.WaitForAsync(bomb, "failed")).GetProperty("failure").GetString().ShouldNotBeNull().ShouldContain("200 times");
        (await _web.WaitForAsync(twice, "failed")).GetProperty("failure").GetString().ShouldNotBeNullOrEmpty();
        Directory.EnumerateFiles(Path.Combine(_web.Uploads, bomb.ToString()), "*", SearchOption.AllDirectories).Sum(path => new FileInfo(path).Length)
            .ShouldBeLessThan(1 << 20);
    }

    [Fact]
    public async Task The_copy_for_spreadsheets_has_no_formula_and_the_file_itself_is_unchanged()
    {
        string[] cells = ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\tx", "a\";=1"];
        var rows = string.Concat(cells.Select(cell => $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\",nothing {_own}\n"));
        var import = await _web.UploadAsync(RunningWeb.Form("f.csv", "name,email\n" + rows));
        await _web.WaitForAsync(import, "complete");

        var plain = await _web.Client.GetStringAsync(new Uri($"/api/imports/{import}/rejected.csv", UriKind.Relative));
        var copy = await _web.Client.GetStringAsync(new Uri($"/api/imports/{import}/rejected.csv?spreadsheet=1", UriKind.Relative));

        plain.ShouldBe("name,email\n" + rows);
        copy.Trim('\uFEFF').Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(line => line[..3])
            .ShouldBe(["\"'=", "\"'+", "\"'-", "\"'@", "\"'\t", "\"a\""]);
        copy.ShouldContain("\"a\"\";=1\",");
    }

    [Theory]
    [InlineData("dataset=nothing", "There is no dataset \"nothing\"; available: contacts, subscribers, transactions.")]
    [InlineData("dataset=/etc/passwd.json", "There is no dataset")]
    [InlineData("delimeter=x", "There is no field \"delimeter\"")]
    [InlineData("encoding=klingon", "encoding: \"klingon\" is not a known encoding")]
    [InlineData("max-rejects=many", "max-rejects: \"many\" is not a limit")]
    [InlineData("no-dedupe=perhaps", "expected true or false")]
    public async Task Wrong_options_are_refused_with_the_reason(string query, string detail)
    {
        using var answer = await _web.Client.PutAsync(new Uri($"/api/imports/x.csv?{query}", UriKind.Relative), new StringContent("name,email\n"));

        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        JsonSerializer.Deserialize<JsonElement>(await answer.Content.ReadAsStringAsync()).GetProperty("detail").GetString().ShouldNotBeNull().ShouldContain(detail);
    }

    [Fact]
    public async Task A_file_that_is_unusable_fails_with_what_helps_and_can_be_tried_again()
    {
        var import = await _web.UploadAsync(RunningWeb.Form("odd.csv", $"Who,Where\nAnn,ann@{_own}.example\n"));

        var failed = await _web.WaitForAsync(import, "failed");

        failed.GetProperty("failure").GetString().ShouldNotBeNull().ShouldContain("set map to \"email=Where\"");
        using var again = await _web.Client.PostAsync(new Uri($"/api/imports/{import}/start?revision=1", UriKind.Relative), null);
        again.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        await _web.WaitForAsync(import, "failed");
    }

    [Fact]
    public async Task Imports_are_listed_in_pages_and_found_by_name_and_id()
    {
        var imports = new List<Guid>();
        for (var n = 0; n < 3; n++)
        {
            imports.Add(await _web.UploadAsync(RunningWeb.Form($"page-{_own}-{n}.csv", $"name,email\nAnn,{n}@{_own}.example\n")));
            await _web.WaitForAsync(imports[n], "complete");
        }

        var first = await _web.GetAsync($"/api/imports?search=page-{_own}&limit=2");
        var second = await _web.GetAsync($"/api/imports?search=page-{_own}&limit=2&after={first.GetProperty("next").GetString()}");
        var byId = await _web.GetAsync($"/api/imports?search={imports[1]}");

        IdsOf(first).Concat(IdsOf(second)).ShouldBe(imports.AsEnumerable().Reverse());
        second.TryGetProperty("next", out _).ShouldBeFalse();
        IdsOf(byId).ShouldBe([imports[1]]);
        (await _web.Client.GetAsync(new Uri($"/api/imports/{Guid.NewGuid()}", UriKind.Relative))).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task An_answer_that_has_not_changed_is_not_sent_again()
    {
        var import = await _web.UploadAsync(RunningWeb.Form("etag.csv", $"name,email\nAnn,tag@{_own}.example\n"));
        await _web.WaitForAsync(import, "complete");
        var address = new Uri($"/api/imports/{import}", UriKind.Relative);
        using var first = await _web.Client.GetAsync(address);

        using var second = await _web.Client.SendAsync(new HttpRequestMessage(HttpMethod.Get, address) { Headers = { IfNoneMatch = { first.Headers.ETag! } } });

        second.StatusCode.ShouldBe(HttpStatusCode.NotModified);
    }

    [Fact]
    public async Task An_import_of_the_producer_is_shown_too()
    {
        var path = _web.Folder.Write($"cli-{_own}.csv", $"name,email\nAnn,cli@{_own}.example\nBob,nothing\n");
        (await Programs.RunAsync("producer", [path, "--rejects", "none"], _web.Folder)).ShouldExitWith(0);
        File.Delete(path);

        JsonElement listed = default;
        await Poll.UntilAsync(async () =>
        {
            listed = (await _web.GetAsync($"/api/imports?search=cli-{_own}")).GetProperty("imports");
            return listed.GetArrayLength() == 1;
        });
        var import = listed[0].GetProperty("import").GetGuid();

        (await _web.WaitForAsync(import, "complete")).GetProperty("books").GetProperty("rejected").GetInt64().ShouldBe(1);
        (await _web.GetAsync($"/api/imports/{import}/rejections")).GetProperty("rejections").GetArrayLength().ShouldBe(1);
    }

    private static byte[] Compressed(byte[] content)
    {
        using var target = new MemoryStream();
        using (var gzip = new GZipStream(target, CompressionLevel.Optimal, leaveOpen: true))
        {
            gzip.Write(content);
        }

        return target.ToArray();
    }

    private static IEnumerable<Guid> IdsOf(JsonElement page) => page.GetProperty("imports").EnumerateArray().Select(import => import.GetProperty("import").GetGuid());

    private static Guid IdOf(string json) => JsonSerializer.Deserialize<JsonElement>(json).GetProperty("import").GetGuid();

    private async Task<TcpClient> SendRawAsync(string text)
    {
        var client = new TcpClient();
        await client.ConnectAsync(_web.Url.Host, _web.Url.Port);
        await client.GetStream().WriteAsync(Encoding.UTF8.GetBytes(text));
        return client;
    }

    private static async Task<string> ReadAllAsync(TcpClient client)
    {
        using var reader = new StreamReader(client.GetStream());
        return await reader.ReadToEndAsync();
    }
}
