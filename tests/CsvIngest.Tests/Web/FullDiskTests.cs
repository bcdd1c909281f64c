using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json;
using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Web;

/// <summary>The disk of the uploads becomes full while something is written, though there was room before.</summary>
public sealed class FullDiskTests : IDisposable
{
    private readonly WorkFolder _folder = new();

    public FullDiskTests() => FileSizeLimit.Prepare();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task An_upload_that_does_not_fit_is_refused_leaves_nothing_and_can_be_sent_again()
    {
        await using var web = await StartAsync();
        var large = Encoding.UTF8.GetBytes("name,email\nAnn,ann@x.example\n" + new string('\n', 3_000_000));
        var small = "name,email\nBob,bob@x.example\n"u8.ToArray();

        FileSizeLimit.Set(web.Program, 1_000_000);
        using var body = await web.Client.PutAsync(new Uri("/api/imports/large.csv", UriKind.Relative), new ByteArrayContent(large));
        using var form = await web.Client.PostAsync(new Uri("/api/imports", UriKind.Relative), RunningWeb.Form("large.csv", large));
        // This file fits, but not its record.
        FileSizeLimit.Set(web.Program, 100);
        using var record = await web.Client.PutAsync(new Uri("/api/imports/small.csv", UriKind.Relative), new ByteArrayContent(small));

        foreach (var answer in (HttpResponseMessage[])[body, form, record])
        {
            answer.StatusCode.ShouldBe(HttpStatusCode.InsufficientStorage);
            answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
            JsonSerializer.Deserialize<JsonElement>(await answer.Content.ReadAsStringAsync()).GetProperty("detail").GetString()!.ShouldContain("Make room there");
        }

        web.UploadFolders.Count().ShouldBe(1);
        FileSizeLimit.Set(web.Program, null);
        await web.WaitForAsync(await web.UploadAsync(RunningWeb.Form("large.csv", large)), "complete");
    }

    [Fact]
    public async Task An_import_whose_rejects_do_not_fit_fails_with_the_reason_and_is_complete_when_tried_again()
    {
        const int Rows = 40_000;
        await using var web = await StartAsync();
        FileSizeLimit.Set(web.Program, 1_000_000);
        // With a limit of rejected rows, all of them are written before anything is published: the database is a file, too.
        var import = await web.UploadAsync(RunningWeb.Form("rejects.csv.gz", RejectedRows(Rows), ("max-rejects", "100%")));

        var failed = await web.WaitForAsync(import, "failed");

        failed.GetProperty("failure").GetString()!.ShouldContain("errors.csv cannot be written");
        failed.GetProperty("warnings").GetArrayLength().ShouldBe(0);
        await web.WaitForAsync(await web.UploadAsync(RunningWeb.Form("fits.csv", "name,email\nAnn,ann@x.example\n")), "complete");
        FileSizeLimit.Set(web.Program, null);
        using var again = await web.Client.PostAsync(new Uri($"/api/imports/{import}/start?revision=1", UriKind.Relative), null);
        again.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await web.WaitForAsync(import, "complete")).GetProperty("books").GetProperty("rejected").GetInt64().ShouldBe(Rows);
        (await web.Client.GetStringAsync(new Uri($"/api/imports/{import}/errors.csv", UriKind.Relative))).Count(character => character == '\n').ShouldBe(Rows + 1);
    }

    [Fact]
    public async Task A_check_whose_result_cannot_be_stored_is_shown_and_imported_all_the_same()
    {
        await using var web = await StartAsync();
        var rows = string.Concat(Enumerable.Range(0, 100).Select(n => $"Ann,ann{n}@x.example,{(n < 20 ? new string('x', 200) : "")}\nBob,nobody,\n"));
        var small = await web.UploadAsync(RunningWeb.Form("small.csv", "name,email\nAnn,small@x.example\n", ("dry-run", "true")));
        await web.WaitForAsync(small, "checked");
        // More than the file and its first record have, and less than the record with the first rows and the rejected rows.
        FileSizeLimit.Set(web.Program, new FileInfo(Path.Combine(web.Uploads, small.ToString(), "upload.json")).Length + 2_000);

        var import = await web.UploadAsync(RunningWeb.Form("check.csv", "name,email,note\n" + rows, ("dry-run", "true")));
        var check = (await web.WaitForAsync(import, "checked")).GetProperty("check");

        check.GetProperty("rowsValid").GetInt64().ShouldBe(100);
        web.Program.ToString().ShouldContain("cannot be written");
        FileSizeLimit.Set(web.Program, null);
        using var start = await web.Client.PostAsync(new Uri($"/api/imports/{import}/start?revision=1", UriKind.Relative), null);
        start.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await web.WaitForAsync(import, "complete")).GetProperty("books").GetProperty("inserted").GetInt64().ShouldBe(100);
    }

    /// <summary>Starts the programs, and has them use the database, whose files exist then.</summary>
    private async Task<RunningWeb> StartAsync()
    {
        var web = await RunningWeb.StartAsync(_folder);
        await web.WaitForAsync(await web.UploadAsync(RunningWeb.Form("first.csv", "name,email\nAnn,first@x.example\n")), "complete");
        return web;
    }

    private static byte[] RejectedRows(int count)
    {
        using var target = new MemoryStream();
        using (var gzip = new GZipStream(target, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write("name,email\n"u8);
            for (var n = 0; n < count; n++)
            {
                gzip.Write(Encoding.ASCII.GetBytes($"Ann {n},nobody {n * 7919}\n"));
            }
        }

        return target.ToArray();
    }
}
