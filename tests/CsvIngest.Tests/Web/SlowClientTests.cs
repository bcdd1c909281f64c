using System.Net;
using System.Net.Sockets;
using System.Text;
using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Web;

/// <summary>A client that holds a connection for nothing.</summary>
public sealed class SlowClientTests(SharedWeb shared) : IClassFixture<SharedWeb>
{
    private readonly RunningWeb _web = shared.Web;

    [Fact]
    public async Task A_client_that_sends_hardly_anything_is_cut_off_and_others_are_served()
    {
        using var client = new TcpClient();
        await client.ConnectAsync(_web.Url.Host, _web.Url.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"PUT /api/imports/slow.csv HTTP/1.1\r\nHost: {_web.Url.Authority}\r\nContent-Length: 1000000\r\n\r\nname,email\n"));
        await Poll.UntilAsync(() => _web.UploadFolders.Any());

        // 11 bytes within 10 s are far below the least rate.
        await Poll.UntilAsync(() => !_web.UploadFolders.Any());

        using var answer = await _web.Client.GetAsync(new Uri("/api/imports", UriKind.Relative));
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
    }
}
