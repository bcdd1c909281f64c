using System.Net;
using CsvIngest.Testing;
using CsvIngest.Messages;
using CsvIngest.Settings;
using CsvIngest.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Web;

/// <summary>Dead letters are listed, replayed and purged by whoever asks for it, and by nothing else.</summary>
public sealed class DeadLetterTests : IDisposable
{
    private readonly WorkFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Letters_are_listed_and_those_that_arrive_after_the_question_survive_a_purge()
    {
        await using var web = await RunningWeb.StartAsync(_folder);
        await PublishRubbishAsync(3);
        await UntilCountedAsync(web, 3);
        var letters = await web.GetAsync("/api/dead-letters");
        await PublishRubbishAsync(2);
        await UntilCountedAsync(web, 5);

        using var purge = await web.Client.PostAsync(
            new Uri("/api/dead-letters/purge", UriKind.Relative), new FormUrlEncodedContent([new("count", $"{letters.GetProperty("count").GetInt32()}")]));

        letters.GetProperty("deadLetters").EnumerateArray().Select(letter => letter.GetProperty("reason").GetString()).ShouldBe(["undecodable", "undecodable", "undecodable"]);
        (await purge.Content.ReadAsStringAsync()).ShouldBe("""{"purged":3}""");
        await UntilCountedAsync(web, 2);
    }

    [Fact]
    public async Task Pages_that_refresh_themselves_do_not_read_letters_and_a_replay_beside_them_finds_all()
    {
        await using var web = await RunningWeb.StartAsync(_folder);
        await PublishRubbishAsync(3);
        await UntilCountedAsync(web, 3);
        // As many refreshes as a page makes in some minutes.
        for (var n = 0; n < 100; n++)
        {
            (await web.Client.GetAsync(new Uri("/imports", UriKind.Relative))).StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        (await Programs.RunAsync("consumer", ["dead-letters", "replay"], _folder)).ShouldExitWith(0).Output.ShouldStartWith("3 messages replayed.");

        // The consumer does not understand them this time either.
        await Poll.UntilAsync(async () => (await web.GetAsync("/api/dead-letters")).GetProperty("count").GetInt32() == 3);
        using var without = await web.Client.PostAsync(new Uri("/api/dead-letters/purge", UriKind.Relative), null);
        without.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        using var replay = await web.Client.PostAsync(new Uri("/api/dead-letters/replay", UriKind.Relative), null);
        (await replay.Content.ReadAsStringAsync()).ShouldBe("""{"replayed":3}""");
    }

    private async Task PublishRubbishAsync(int count)
    {
        await using var broker = SqliteBroker.Kind.Open(new ConfiguredAddress($"sqlite:{_folder["csvingest.db"]}"), "csv-ingest", NullLoggerFactory.Instance);
        await broker.PrepareAsync(CancellationToken.None);
        await using var publisher = broker.OpenPublisher(new PublisherOptions());
        for (var n = 0; n < count; n++)
        {
            await publisher.PublishAsync(new OutgoingMessage("rubbish"u8.ToArray()));
        }
    }

    private static Task UntilCountedAsync(RunningWeb web, int count) => Poll.UntilAsync(async () =>
        (await web.GetAsync("/api/imports")).GetProperty("deadLetters").GetInt64() == count);
}
