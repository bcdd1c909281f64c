using System.Globalization;
using System.Net;
using System.Text;
using CsvIngest.ServerTests.EndToEnd.Harness;
using CsvIngest.ServerTests.Servers;
using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.EndToEnd;

/// <summary>The web program on RabbitMQ and PostgreSQL.</summary>
public sealed class ServerWebTests(BrokerServer brokers, DatabaseServer databases) : IAsyncLifetime
{
    private const int Rows = 200_000;

    private ServerEnvironment _environment = null!;

    public async ValueTask InitializeAsync()
    {
        _environment = ServerEnvironment.WithLinks(await brokers.AddressAsync(), await databases.CreateDatabaseAsync(), databases);
        (await _environment.RunConsumerAsync("migrate", "--database", _environment.Database)).ShouldExitWith(0);
    }

    public ValueTask DisposeAsync() => _environment.DisposeAsync();

    [Fact]
    public async Task An_upload_that_is_killed_on_the_way_is_stored_with_every_row_once_after_the_next_start()
    {
        await using var consumer = _environment.StartConsumer();
        var file = new StringBuilder("name,email\nBob,nothing\n");
        for (var n = 0; n < Rows; n++)
        {
            file.Append("Ann,").Append(n).Append("@x.example\n");
        }

        // Slow, so that the kill hits the import midway.
        _environment.BrokerLink.Delay = TimeSpan.FromMilliseconds(5);
        Guid import;
        await using (var web = await StartAsync())
        {
            import = await web.UploadAsync(RunningWeb.Form("killed.csv", file.ToString()));
            await web.UntilConfirmedAsync(import);
            await web.Program.KillAsync();
        }

        _environment.BrokerLink.Delay = TimeSpan.Zero;
        await using var next = await StartAsync();
        var books = (await next.WaitForAsync(import, "complete")).GetProperty("books");

        (books.GetProperty("rowsRead").GetInt64(), books.GetProperty("inserted").GetInt64(), books.GetProperty("rejected").GetInt64()).ShouldBe((Rows + 1, Rows, 1));
        (await _environment.CountAsync("SELECT count(*) FROM contacts")).ShouldBe(Rows);
        (await next.GetAsync($"/api/imports/{import}/rejections")).GetProperty("rejections")[0].GetProperty("line").GetInt64().ShouldBe(2);
    }

    [Fact]
    public async Task Dead_letters_are_listed_on_request_and_purged_up_to_the_number_that_was_agreed_to()
    {
        await using var web = await StartAsync();
        await using var consumer = _environment.StartConsumer();
        await consumer.WaitForErrorLine("Consuming from");
        await PublishRubbishAsync(web, count: 3, total: 3);
        var letters = await web.GetAsync("/api/dead-letters");
        await PublishRubbishAsync(web, count: 2, total: 5);

        using var purge = await web.Client.PostAsync(new Uri($"/api/dead-letters/purge?count={letters.GetProperty("count").GetInt32()}", UriKind.Relative), null);

        (await purge.Content.ReadAsStringAsync()).ShouldBe("""{"purged":3}""");
        (await _environment.RunConsumerAsync(["dead-letters", "purge", "--yes", .. _environment.ProducerFlags])).ShouldExitWith(0).Output.ShouldStartWith("2 messages purged.");
    }

    [Fact]
    public async Task Pages_that_stay_open_take_no_dead_letter_and_a_replay_beside_them_finds_all()
    {
        await using var consumer = _environment.StartConsumer();
        await consumer.WaitForErrorLine("Consuming from");
        await PublishRubbishAsync(3);
        // Before the web program counts: it asks an empty queue for a message, and takes one that arrives at this moment.
        await Poll.UntilAsync(async () => await _environment.WithChannelAsync(channel => channel.MessageCountAsync(_environment.DeadLetterQueue)) == 3);
        await using var web = await StartAsync();

        // Until the broker was asked three times: most refreshes are answered with what it said a moment ago.
        var asked = new HashSet<string>(StringComparer.Ordinal);
        while (asked.Count < 3)
        {
            asked.Add(await RefreshAsync(web));
        }

        // A letter that anybody had looked at would be a redelivery, and counted.
        (await DeliveriesOfLettersAsync()).ShouldBe([(false, 0), (false, 0), (false, 0)]);

        using var closed = new CancellationTokenSource();
        var open = Task.Run(async () =>
        {
            while (!closed.IsCancellationRequested)
            {
                await RefreshAsync(web);
            }
        });
        var replay = await _environment.RunConsumerAsync(["dead-letters", "replay", .. _environment.ProducerFlags]);
        await closed.CancelAsync();
        await open;

        replay.ShouldExitWith(0).Output.ShouldStartWith("3 messages replayed.");
        (await web.GetAsync("/api/queue")).GetProperty("consumers").GetInt32().ShouldBePositive();
    }

    /// <summary>Requests what open pages request.</summary>
    /// <returns>When the messages were counted that they show.</returns>
    private static async Task<string> RefreshAsync(RunningWeb web)
    {
        (await web.Client.GetAsync(new Uri("/imports", UriKind.Relative))).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await web.Client.GetAsync(new Uri("/totals", UriKind.Relative))).StatusCode.ShouldBe(HttpStatusCode.OK);
        return (await web.GetAsync("/api/queue")).GetProperty("countedAt").GetString()!;
    }

    /// <summary>Whether each of the dead letters was delivered before, and how often.</summary>
    private Task<List<(bool IsRedelivered, long Count)>> DeliveriesOfLettersAsync() => _environment.WithChannelAsync(async channel =>
    {
        var deliveries = new List<(bool, long)>();
        while (await channel.BasicGetAsync(_environment.DeadLetterQueue, autoAck: false) is { } letter)
        {
            object? count = null;
            letter.BasicProperties.Headers?.TryGetValue("x-delivery-count", out count);
            deliveries.Add((letter.Redelivered, Convert.ToInt64(count ?? 0L, CultureInfo.InvariantCulture)));
        }

        // They return when the channel is closed.
        return deliveries;
    });

    private Task<RunningWeb> StartAsync() => RunningWeb.StartAsync(_environment.Folder, withConsumer: false, options: _environment.ConsumerFlags);

    private async Task PublishRubbishAsync(int count)
    {
        for (var n = 0; n < count; n++)
        {
            await _environment.PublishAsync("rubbish"u8.ToArray(), "application/json");
        }
    }

    private async Task PublishRubbishAsync(RunningWeb web, int count, int total)
    {
        await PublishRubbishAsync(count);
        await Poll.UntilAsync(async () => (await web.GetAsync("/api/imports")).GetProperty("deadLetters").GetInt64() == total);
    }
}
