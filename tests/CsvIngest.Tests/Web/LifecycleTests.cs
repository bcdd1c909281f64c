using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Web;

/// <summary>What the web program does when it is killed or stopped, and when there is no room.</summary>
public sealed class LifecycleTests : IDisposable
{
    private readonly WorkFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task An_import_that_was_killed_is_completed_after_the_next_start_with_every_row_once()
    {
        Guid import;
        await using (var web = await RunningWeb.StartAsync(_folder))
        using (await SlowBroker.StartAsync(_folder))
        {
            import = await web.UploadAsync(RunningWeb.Form("killed.csv", SlowBroker.LongFile()));
            await web.UntilConfirmedAsync(import);
            await web.Program.KillAsync();
        }

        await using var next = await RunningWeb.StartAsync(_folder);
        var books = (await next.WaitForAsync(import, "complete")).GetProperty("books");

        (books.GetProperty("rowsRead").GetInt64(), books.GetProperty("inserted").GetInt64()).ShouldBe((SlowBroker.LongFileRows, SlowBroker.LongFileRows));
        CountOf("contacts").ShouldBe(SlowBroker.LongFileRows);
        CountOf("imports").ShouldBe(1);
    }

    [Fact]
    public async Task A_program_that_is_stopped_ends_in_time_and_its_imports_go_on_after_the_next_start()
    {
        Guid import;
        await using (var web = await RunningWeb.StartAsync(_folder, withConsumer: false))
        using (await SlowBroker.StartAsync(_folder))
        {
            import = await web.UploadAsync(RunningWeb.Form("stopped.csv", SlowBroker.LongFile()));
            using var upload = new TcpClient();
            await upload.ConnectAsync(web.Url.Host, web.Url.Port);
            await upload.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
                $"PUT /api/imports/half.csv HTTP/1.1\r\nHost: {web.Url.Authority}\r\nContent-Length: 1000000\r\n\r\nname,email\n"));
            await Poll.UntilAsync(() => web.UploadFolders.Count() == 2);
            await web.UntilConfirmedAsync(import);

            web.Program.SendSignal(Signal.Terminate);

            (await web.Program.WaitForExitAsync(TimeSpan.FromSeconds(30))).ShouldExitWith(0).ShouldSay("interrupted");
        }

        await using var next = await RunningWeb.StartAsync(_folder);
        (await next.WaitForAsync(import, "complete")).GetProperty("books").GetProperty("inserted").GetInt64().ShouldBe(SlowBroker.LongFileRows);
        next.UploadFolders.Count().ShouldBe(1);
    }

    [Fact]
    public async Task Several_uploads_wait_in_order_and_a_waiting_or_running_one_can_be_cancelled()
    {
        await using var web = await RunningWeb.StartAsync(_folder, withConsumer: false, options: ["--workers", "1"]);
        using var slow = await SlowBroker.StartAsync(_folder);
        var running = await web.UploadAsync(RunningWeb.Form("running.csv", SlowBroker.LongFile()));
        await web.WaitForAsync(running, "importing");
        var second = await web.UploadAsync(RunningWeb.Form("second.csv", "name,email\nAnn,2@x.example\n"));
        var third = await web.UploadAsync(RunningWeb.Form("third.csv", "name,email\nAnn,3@x.example\n"));
        var (secondShown, thirdShown) = (await web.GetAsync($"/api/imports/{second}"), await web.GetAsync($"/api/imports/{third}"));

        foreach (var import in (Guid[])[third, running])
        {
            using var answer = await web.Client.PostAsync(new Uri($"/api/imports/{import}/cancel", UriKind.Relative), null);
            answer.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        }

        (secondShown.GetProperty("state").GetString(), secondShown.GetProperty("position").GetInt32()).ShouldBe(("waiting", 0));
        (thirdShown.GetProperty("state").GetString(), thirdShown.GetProperty("position").GetInt32()).ShouldBe(("waiting", 1));
        await web.WaitForAsync(running, "cancelled");
        await web.WaitForAsync(second, "published");
        await web.WaitForAsync(third, "cancelled");
        // The same file again goes on with the import that was cancelled.
        (await web.UploadAsync(RunningWeb.Form("third.csv", "name,email\nAnn,3@x.example\n"))).ShouldBe(third);
        await web.WaitForAsync(third, "published");
    }

    [Fact]
    public async Task A_file_that_is_too_large_is_refused_with_the_name_of_the_setting()
    {
        await using var web = await RunningWeb.StartAsync(_folder, withConsumer: false, options: ["--max-upload", "1KB"]);
        using var announced = await web.Client.PutAsync(new Uri("/api/imports/x.csv", UriKind.Relative), new ByteArrayContent(new byte[1025]));
        using var form = await web.Client.PostAsync(new Uri("/api/imports", UriKind.Relative), RunningWeb.Form("x.csv", new byte[1025]));
        using var chunked = await web.Client.SendAsync(new HttpRequestMessage(HttpMethod.Put, new Uri("/api/imports/x.csv", UriKind.Relative))
        {
            Content = new ByteArrayContent(new byte[1025]),
            Headers = { TransferEncodingChunked = true },
        });

        foreach (var answer in (HttpResponseMessage[])[announced, form, chunked])
        {
            answer.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
            var detail = JsonSerializer.Deserialize<JsonElement>(await answer.Content.ReadAsStringAsync()).GetProperty("detail").GetString();
            detail.ShouldBe("The file is larger than 1KB. The option --max-upload of the web program sets this limit.");
        }

        web.UploadFolders.ShouldBeEmpty();
        await web.UploadAsync(RunningWeb.Form("fits.csv", "name,email\n"));
    }

    [Fact]
    public async Task Without_room_on_the_disk_uploads_are_refused_and_the_rest_goes_on()
    {
        await using var web = await RunningWeb.StartAsync(_folder, withConsumer: false, options: ["--keep-free", "1000000GB"]);

        using var answer = await web.Client.PostAsync(new Uri("/api/imports", UriKind.Relative), RunningWeb.Form("x.csv", "name,email\n"));

        answer.StatusCode.ShouldBe(HttpStatusCode.InsufficientStorage);
        (await web.Client.GetAsync(new Uri("/livez", UriKind.Relative))).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await web.Client.GetAsync(new Uri("/readyz", UriKind.Relative))).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await web.GetAsync("/api/imports")).GetProperty("imports").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task A_folder_of_uploads_and_an_address_have_one_user()
    {
        await using var web = await RunningWeb.StartAsync(_folder, withConsumer: false);

        (await Programs.RunAsync("web", ["--listen", "127.0.0.1:0"], _folder)).ShouldExitWith(75).ShouldSay("--uploads");
        (await Programs.RunAsync("web", ["--listen", web.Url.Authority, "--uploads", "others"], _folder)).ShouldExitWith(74).ShouldSay("--listen");
    }

    [Fact]
    public async Task A_row_that_the_database_rejects_is_rejected_in_the_books()
    {
        await using var web = await RunningWeb.StartAsync(_folder);
        EmbeddedDatabase.Execute(_folder, "CREATE TRIGGER no_bob BEFORE INSERT ON contacts WHEN new.full_name = 'Bob' BEGIN SELECT raise(ABORT, 'no Bobs'); END");

        var import = await web.UploadAsync(RunningWeb.Form("bob.csv", "name,email\nAnn,ann@x.example\nBob,bob@x.example\n"));

        var books = (await web.WaitForAsync(import, "complete")).GetProperty("books");
        (books.GetProperty("inserted").GetInt64(), books.GetProperty("rejected").GetInt64()).ShouldBe((1, 1));
        (await web.GetAsync($"/api/imports/{import}/rejections")).GetProperty("rejections")[0].GetProperty("line").GetInt64().ShouldBe(3);
    }

    private long CountOf(string table) => (long)EmbeddedDatabase.Execute(_folder, $"SELECT count(*) FROM \"{table}\"")!;
}
