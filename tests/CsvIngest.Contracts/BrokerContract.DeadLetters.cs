using CsvIngest.Messages;
using Shouldly;
using Xunit;

namespace CsvIngest.Contracts;

/// <content>Dead letters: how messages become dead letters, and how these are listed, replayed and purged.</content>
public abstract partial class BrokerContract<TFixture>
{
    [Fact]
    public async Task A_dead_letter_keeps_its_body_and_says_why()
    {
        var before = DateTimeOffset.UtcNow;
        await using var publisher = _broker.OpenPublisher(new PublisherOptions());
        await publisher.PublishAsync(BrokerTesting.Message("{}", ContentTypes.Json)).WaitAsync(Deadline);
        await using var receiver = _broker.OpenReceiver(new ReceiverOptions());
        var deliveries = await receiver.ReceiveAsync(1, Deadline);

        const string Detail = "Byte 1: expected “part”, found “}” — 100 % useless 😀.";
        await receiver.SettleAsync(deliveries, Outcome.DeadLetter(DeadLetterReasons.Undecodable, Detail), Deadline);

        var letter = (await _broker.ListDeadLettersAsync(Deadline)).Single();
        letter.Text().ShouldBe("{}");
        letter.ContentType.ShouldBe(ContentTypes.Json);
        letter.Reason.ShouldBe(DeadLetterReasons.Undecodable);
        letter.Detail.ShouldBe(Detail);
        // Some brokers store whole seconds.
        letter.At.ShouldNotBeNull().ShouldBeInRange(before.AddSeconds(-1), DateTimeOffset.UtcNow.AddSeconds(1));
        (await receiver.IsQueueEmptyAsync(Deadline)).ShouldBeTrue();
    }

    [Fact]
    public async Task The_trace_of_a_message_survives_redelivery_dead_lettering_and_replay()
    {
        const string Trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        await using (var publisher = _broker.OpenPublisher(new PublisherOptions()))
        {
            await publisher.PublishAsync(BrokerTesting.Message("traced") with { TraceParent = Trace }).WaitAsync(Deadline);
            await publisher.PublishAsync(BrokerTesting.Message("rubbish") with { TraceParent = "rubbish" }).WaitAsync(Deadline);
        }

        await using var receiver = _broker.OpenReceiver(new ReceiverOptions());
        var first = await receiver.ReceiveAsync(2, Deadline);
        first.Select(delivery => delivery.TraceParent).ShouldBe([Trace, null]);
        await receiver.SettleAsync(first, Outcome.Requeue, Deadline);
        var second = await receiver.ReceiveAsync(2, Deadline);
        second.Select(delivery => delivery.TraceParent).ShouldBe([Trace, null], ignoreOrder: true);
        await receiver.SettleAsync(second, Outcome.DeadLetter(DeadLetterReasons.Invalid, "no"), Deadline);
        (await _broker.ReplayDeadLettersAsync(letter => letter.TraceParent == Trace, Deadline)).ShouldBe(1);

        (await receiver.ReceiveAsync(1, Deadline))[0].TraceParent.ShouldBe(Trace);
    }

    [Fact]
    public async Task A_dead_letter_is_not_delivered()
    {
        await MakeDeadLettersAsync("dead");

        await using var receiver = _broker.OpenReceiver(new ReceiverOptions());
        await _broker.PublishAsync("alive");
        (await ReceiveAndAckAsync(receiver, 1)).ShouldBe(["alive"]);
    }

    // A broker may answer with the count before the last change.
    private async Task UntilCountedAsync(Func<QueueLengths, bool> isExpected)
    {
        while (!isExpected(await _broker.CountAsync(Deadline)))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), Deadline);
        }
    }

    [Fact]
    public async Task Counting_takes_nothing()
    {
        await MakeDeadLettersAsync("a", "b");
        await _broker.PublishAsync("c", "d", "e");

        for (var times = 0; times < 2; times++)
        {
            await UntilCountedAsync(lengths => lengths is { Messages: 3, DeadLetters: 2, Consumers: 0 });
        }

        (await _broker.ListDeadLettersAsync(Deadline)).Select(BrokerTesting.Text).ShouldBe(["a", "b"]);
        await using var receiver = _broker.OpenReceiver(new ReceiverOptions());
        (await ReceiveAndAckAsync(receiver, 3)).ShouldBe(["c", "d", "e"]);
    }

    [Fact]
    public async Task Counting_creates_nothing()
    {
        await using var never = fixture.Open($"{_queue}-never", _logs);

        for (var times = 0; times < 2; times++)
        {
            var lengths = await never.CountAsync(Deadline);
            (lengths.Messages, lengths.DeadLetters, lengths.Consumers).ShouldBe((0, 0, 0));
        }
    }

    [Fact]
    public async Task Receivers_of_the_queue_are_counted_as_long_as_they_are_open()
    {
        await _broker.PublishAsync("a");
        await using var elsewhere = fixture.Open($"{_queue}-elsewhere", _logs);
        await elsewhere.PrepareAsync(Deadline);
        await using var other = elsewhere.OpenReceiver(new ReceiverOptions());
        await using (var receiver = _broker.OpenReceiver(new ReceiverOptions()))
        {
            var held = await receiver.ReceiveAsync(1, Deadline);
            await UntilCountedAsync(lengths => lengths is { Consumers: 1, Unsettled: 1 or null });
            await receiver.SettleAsync(held, Outcome.Ack, Deadline);
            await UntilCountedAsync(lengths => lengths is { Messages: 0, Consumers: 1, Unsettled: 0 or null });
        }

        await UntilCountedAsync(lengths => lengths is { Consumers: 0 });
    }

    [Fact]
    public async Task Listing_shows_the_oldest_first_and_leaves_them_there()
    {
        (await _broker.ListDeadLettersAsync(Deadline)).ShouldBeEmpty();
        await MakeDeadLettersAsync([.. BrokerTesting.Texts(30)]);

        var once = await _broker.ListDeadLettersAsync(Deadline);
        var twice = await _broker.ListDeadLettersAsync(Deadline);

        once.Select(BrokerTesting.Text).ShouldBe(BrokerTesting.Texts(30));
        twice.Select(BrokerTesting.Text).ShouldBe(BrokerTesting.Texts(30));
    }

    [Fact]
    public async Task Replaying_brings_the_chosen_ones_back()
    {
        (await _broker.ReplayDeadLettersAsync(_ => true, Deadline)).ShouldBe(0);
        await MakeDeadLettersAsync("a1", "b1", "a2", "b2");

        var replayed = await _broker.ReplayDeadLettersAsync(letter => letter.Text()[0] == 'a', Deadline);

        replayed.ShouldBe(2);
        (await _broker.ListDeadLettersAsync(Deadline)).Select(BrokerTesting.Text).ShouldBe(["b1", "b2"]);
        await using var receiver = _broker.OpenReceiver(new ReceiverOptions());
        var deliveries = await receiver.ReceiveAsync(2, Deadline);
        deliveries.Select(BrokerTesting.Text).ShouldBe(["a1", "a2"]);
        deliveries[0].ContentType.ShouldBe(ContentTypes.Protobuf);
        deliveries[0].Attempts.ShouldBe(0);
        await receiver.SettleAsync(deliveries, Outcome.Ack, Deadline);
    }

    [Fact]
    public async Task A_replayed_message_may_be_dead_lettered_again()
    {
        await MakeDeadLettersAsync("bad");
        (await _broker.ReplayDeadLettersAsync(_ => true, Deadline)).ShouldBe(1);
        await using var receiver = _broker.OpenReceiver(new ReceiverOptions());
        var deliveries = await receiver.ReceiveAsync(1, Deadline);

        await receiver.SettleAsync(deliveries, Outcome.DeadLetter(DeadLetterReasons.UnknownDataset, "second"), Deadline);

        var letter = (await _broker.ListDeadLettersAsync(Deadline)).Single();
        letter.Reason.ShouldBe(DeadLetterReasons.UnknownDataset);
        letter.Detail.ShouldBe("second");
    }

    [Fact]
    public async Task Purging_removes_the_chosen_ones()
    {
        (await _broker.PurgeDeadLettersAsync(_ => true, atMost: null, Deadline)).ShouldBe(0);
        await MakeDeadLettersAsync("a1", "b1", "a2", "b2");

        (await _broker.PurgeDeadLettersAsync(letter => letter.Text()[0] == 'b', atMost: null, Deadline)).ShouldBe(2);

        (await _broker.ListDeadLettersAsync(Deadline)).Select(BrokerTesting.Text).ShouldBe(["a1", "a2"]);
        (await _broker.PurgeDeadLettersAsync(_ => true, atMost: null, Deadline)).ShouldBe(2);
        (await _broker.ListDeadLettersAsync(Deadline)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Purging_removes_no_more_than_it_may_and_the_oldest_first()
    {
        await MakeDeadLettersAsync("a1", "b1", "a2", "b2", "a3", "b3");

        (await _broker.PurgeDeadLettersAsync(letter => letter.Text()[0] == 'b', atMost: 2, Deadline)).ShouldBe(2);
        (await _broker.ListDeadLettersAsync(Deadline)).Select(BrokerTesting.Text).ShouldBe(["a1", "a2", "a3", "b3"]);
        (await _broker.PurgeDeadLettersAsync(_ => true, atMost: 0, Deadline)).ShouldBe(0);
        (await _broker.PurgeDeadLettersAsync(_ => true, atMost: 9, Deadline)).ShouldBe(4);
    }

    private async Task MakeDeadLettersAsync(params IReadOnlyList<string> texts)
    {
        await _broker.PublishAsync(texts).WaitAsync(Deadline);
        await using var receiver = _broker.OpenReceiver(new ReceiverOptions { Prefetch = 1000 });
        var deliveries = await receiver.ReceiveAsync(texts.Count, Deadline);
        await receiver.SettleAsync(deliveries, Outcome.DeadLetter(DeadLetterReasons.Invalid, "for the test"), Deadline);
    }
}
