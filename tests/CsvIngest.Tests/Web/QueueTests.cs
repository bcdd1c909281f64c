using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Web;

/// <summary>How many messages wait, and whether anybody takes them.</summary>
public sealed class QueueTests : IDisposable
{
    private const string NoConsumer = "No consumer is running, so nothing is stored.";

    private static readonly Uri List = new("/imports", UriKind.Relative);

    private readonly WorkFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Messages_that_no_consumer_takes_are_pointed_out_until_one_is_started()
    {
        await using var web = await RunningWeb.StartAsync(_folder, withConsumer: false);
        (await web.Client.GetStringAsync(List)).ShouldNotContain(NoConsumer);
        var import = await web.UploadAsync(RunningWeb.Form("waiting.csv", "name,email\nAnn,ann@x.example\n"));
        await web.WaitForAsync(import, "published");

        // Opening, slice and closing.
        await Poll.UntilAsync(async () => (await web.GetAsync("/api/queue")).GetProperty("messagesWaiting").GetInt64() == 3);
        var queue = await web.GetAsync("/api/queue");
        (queue.GetProperty("queue").GetString(), queue.GetProperty("broker").GetString()).ShouldBe(("csv-ingest", "sqlite:csvingest.db"));
        (queue.GetProperty("consumers").GetInt32(), queue.GetProperty("unsettled").GetInt64(), queue.GetProperty("deadLetters").GetInt64()).ShouldBe((0, 0, 0));
        (await web.Client.GetStringAsync(List)).ShouldContain(NoConsumer);
        (await web.Client.GetStringAsync(new Uri($"/imports/{import}", UriKind.Relative))).ShouldContain(NoConsumer);

        await using (Programs.Start("consumer", [], _folder))
        {
            await web.WaitForAsync(import, "complete");
            await Poll.UntilAsync(async () => (await web.GetAsync("/api/imports")).GetProperty("consumers").GetInt32() > 0);
            (await web.Client.GetStringAsync(List)).ShouldContain("connected.");
        }
    }
}
