using System.Collections.Concurrent;
using CsvIngest.Messages;
using Shouldly;
using Xunit;

namespace CsvIngest.Contracts;

/// <content>Receiving and settling.</content>
public abstract partial class BrokerContract<TFixture>
{
    [Fact]
    public async Task Waiting_ends_when_a_message_arrives()
    {
        await using var receiver = _broker.OpenReceiver(new ReceiverOptions());
        receiver.TryReceive(out _).ShouldBeFalse();
        var waiting = receiver.WaitAsync(Deadline);

        await _broker.PublishAsync("late");

        await waiting;
        (await ReceiveAndAckAsync(receiver, 1)).ShouldBe(["late"]);
    }

    [Fact]
    public async Task Waiting_ends_when_it_is_cancelled()
    {
        await using var receiver = _broker.OpenReceiver(new ReceiverOptions());
        using var stop = new CancellationTokenSource();
        var waiting = receiver.WaitAsync(stop.Token);

        await stop.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => waiting.WaitAsync(Deadline));
    }

    [Fact]
    public async Task Prefetch_limits_the_deliveries_in_hand()
    {
        await using var first = _broker.OpenReceiver(new ReceiverOptions { Prefetch = 3 });
        await _broker.PublishAsync(BrokerTesting.Texts(3));
        var held = await first.ReceiveAsync(3, Deadline);

        // The prefetch of the first one is used up, so all of these go to the second one.
        await using var second = _broker.OpenReceiver(new ReceiverOptions { Prefetch = 100 });
        await _broker.PublishAsync(BrokerTesting.Texts(7, "n"));
        (await ReceiveAndAckAsync(second, 7)).ShouldBe(BrokerTesting.Texts(7, "n"));
        first.TryReceive(out _).ShouldBeFalse();

        await first.SettleAsync(held, Outcome.Ack, Deadline);
    }

    [Fact]
    public async Task Urgent_messages_may_overtake_others_and_nothing_else_changes_its_place()
    {
        await using (var publisher = _broker.OpenPublisher(new PublisherOptions()))
        {
            await Task.WhenAll(
                publisher.PublishAllAsync(BrokerTesting.Texts(20)),
                publisher.PublishAsync(BrokerTesting.Message("urgent", isUrgent: true)),
                publisher.PublishAllAsync(BrokerTesting.Texts(5, "n")));
        }

        await using var receiver = _broker.OpenReceiver(new ReceiverOptions());
        var received = await ReceiveAndAckAsync(receiver, 26);

        received.IndexOf("urgent").ShouldBeLessThanOrEqualTo(20);
        received.Where(text => text != "urgent").ShouldBe([.. BrokerTesting.Texts(20), .. BrokerTesting.Texts(5, "n")]);
    }

    [Fact]
    public async Task Settling_makes_room_for_more()
    {
        await _broker.PublishAsync(BrokerTesting.Texts(20));
        await using var receiver = _broker.OpenReceiver(new ReceiverOptions { Prefetch = 2 });

        var received = new List<string>();
        while (received.Count < 20)
        {
            received.AddRange(await ReceiveAndAckAsync(receiver, 2));
        }

        received.ShouldBe(BrokerTesting.Texts(20));
    }

    [Fact]
    public async Task Each_message_goes_to_one_receiver()
    {
        await _broker.PublishAsync(BrokerTesting.Texts(100));
        await using var other = OpenBroker();
        await using var first = _broker.OpenReceiver(new ReceiverOptions { Prefetch = 10 });
        await using var second = other.OpenReceiver(new ReceiverOptions { Prefetch = 10 });
        using var allIn = CancellationTokenSource.CreateLinkedTokenSource(Deadline);

        var received = new ConcurrentQueue<string>();
        await Task.WhenAll(TakeAsync(first), TakeAsync(second));

        received.Order(StringComparer.Ordinal).ShouldBe(BrokerTesting.Texts(100).Order(StringComparer.Ordinal));

        async Task TakeAsync(IReceiver receiver)
        {
            while (received.Count < 100)
            {
                if (receiver.TryReceive(out var delivery))
                {
                    received.Enqueue(delivery.Text());
                    await receiver.SettleAsync([delivery], Outcome.Ack, Deadline);
                    continue;
                }

                await receiver.WaitAsync(allIn.Token)
                    .ContinueWith(_ => { }, TaskScheduler.Default);
                Deadline.ThrowIfCancellationRequested();
            }

            await allIn.CancelAsync();
        }
    }

    [Fact]
    public async Task Acks_in_any_order_leave_the_others()
    {
        await _broker.PublishAsync(BrokerTesting.Texts(10));
        await using (var receiver = _broker.OpenReceiver(new ReceiverOptions()))
        {
            var deliveries = await receiver.ReceiveAsync(10, Deadline);
            await receiver.SettleAsync([deliveries[7], deliveries[2], deliveries[9]], Outcome.Ack, Deadline);
            await receiver.SettleAsync([deliveries[1], deliveries[0]], Outcome.Ack, Deadline);
            await receiver.SettleAsync([deliveries[5]], Outcome.Ack, Deadline);
            await receiver.SettleAsync([], Outcome.Ack, Deadline);
        }

        var rest = await ReceiveAndAckAsync(4);
        rest.Order(StringComparer.Ordinal).ShouldBe(["m3", "m4", "m6", "m8"]);
    }

    [Fact]
    public async Task Deliveries_that_were_not_settled_come_again()
    {
        await _broker.PublishAsync(BrokerTesting.Texts(3));
        await using (var receiver = _broker.OpenReceiver(new ReceiverOptions()))
        {
            await receiver.ReceiveAsync(3, Deadline);
        }

        (await ReceiveAndAckAsync(3)).Order(StringComparer.Ordinal).ShouldBe(BrokerTesting.Texts(3));
    }

    [Fact]
    public async Task Deliveries_that_were_acked_do_not_come_again()
    {
        await _broker.PublishAsync(BrokerTesting.Texts(3));
        await ReceiveAndAckAsync(3);

        await using var receiver = _broker.OpenReceiver(new ReceiverOptions());
        await _broker.PublishAsync("next");
        (await ReceiveAndAckAsync(receiver, 1)).ShouldBe(["next"]);
    }

    [Fact]
    public async Task A_requeued_delivery_comes_again()
    {
        await _broker.PublishAsync("again", "done");
        await using var receiver = _broker.OpenReceiver(new ReceiverOptions());
        var deliveries = await receiver.ReceiveAsync(2, Deadline);

        await receiver.SettleAsync([deliveries[0]], Outcome.Requeue, Deadline);
        await receiver.SettleAsync([deliveries[1]], Outcome.Ack, Deadline);

        (await ReceiveAndAckAsync(receiver, 1)).ShouldBe(["again"]);
        (await _broker.ListDeadLettersAsync(Deadline)).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_queue_is_empty_when_nothing_could_be_delivered_now()
    {
        await _broker.PublishAsync("in hand", "waiting");
        await using var receiver = _broker.OpenReceiver(new ReceiverOptions { Prefetch = 1 });
        var first = await receiver.ReceiveAsync(1, Deadline);
        (await receiver.IsQueueEmptyAsync(Deadline)).ShouldBeFalse();

        await receiver.SettleAsync(first, Outcome.Ack, Deadline);
        var second = await receiver.ReceiveAsync(1, Deadline);
        (await receiver.IsQueueEmptyAsync(Deadline)).ShouldBeTrue();

        await receiver.SettleAsync(second, Outcome.Requeue, Deadline);
        (await ReceiveAndAckAsync(receiver, 1)).ShouldBe(["waiting"]);
        (await receiver.IsQueueEmptyAsync(Deadline)).ShouldBeTrue();
    }
}
