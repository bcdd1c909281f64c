using System.Globalization;
using CsvIngest.Contracts;
using CsvIngest.Testing;
using CsvIngest.Messages;
using CsvIngest.RabbitMq;
using RabbitMQ.Client;
using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.Adapters;

/// <summary>What the receiver does when its server breaks: never alive and deaf.</summary>
public sealed class ReceivingFaultTests(OwnRabbitMq own) : IClassFixture<OwnRabbitMq>
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly RecordedLogs _logs = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task When_the_broker_restarts_everything_unsettled_comes_again(bool killed)
    {
        using var timeout = new CancellationTokenSource(Patience);
        await using var broker = own.Open(_logs);
        await broker.PublishAsync(BrokerTesting.Texts(300)).WaitAsync(Patience);
        await using var receiver = broker.OpenReceiver(new ReceiverOptions { Prefetch = 100 });
        var acked = await receiver.ReceiveAsync(50, timeout.Token);
        await receiver.SettleAsync(acked, Outcome.Ack, timeout.Token);
        var held = await receiver.ReceiveAsync(50, timeout.Token);
        // Any answer on this queue comes after the acks.
        await UntilUnackedAsync(receiver, timeout.Token);

        await (killed ? own.Server.KillAsync() : own.Server.StopAsync());
        await UntilAsync(() => !receiver.IsReceiving, timeout.Token);
        (await receiver.IsQueueEmptyAsync(timeout.Token)).ShouldBeFalse();
        await own.Server.StartAsync();

        // The old tags stand for other messages now, if for any.
        await receiver.SettleAsync(held, Outcome.Ack, timeout.Token);
        await receiver.SettleAsync(held, Outcome.DeadLetter(DeadLetterReasons.Invalid, "not ours any more"), timeout.Token);
        var rest = new SortedSet<int>();
        while (rest.Count < 250)
        {
            var deliveries = await receiver.ReceiveAsync(1, timeout.Token);
            rest.Add(int.Parse(deliveries[0].Text().AsSpan(1), CultureInfo.InvariantCulture));
            await receiver.SettleAsync(deliveries, Outcome.Ack, timeout.Token);
        }

        rest.ShouldBe(Enumerable.Range(50, 250));
        receiver.IsReceiving.ShouldBeTrue();
        (await broker.ListDeadLettersAsync(timeout.Token)).ShouldBeEmpty();
        _logs.All.ShouldContain(log => log.Message.StartsWith("Receiver reconnected", StringComparison.Ordinal));
    }

    [Fact]
    public async Task When_the_queue_is_deleted_it_is_consuming_again()
    {
        using var timeout = new CancellationTokenSource(Patience);
        var options = own.Options($"csvingest-fault-{Guid.NewGuid():N}");
        await using var broker = new RabbitMqBroker(options, _logs);
        await using var receiver = broker.OpenReceiver(new ReceiverOptions());
        await broker.PublishAsync("before").WaitAsync(Patience);
        var held = await receiver.ReceiveAsync(1, timeout.Token);

        await own.Server.CtlAsync("delete_queue", options.Queue);
        await receiver.SettleAsync(held, Outcome.Ack, timeout.Token);

        (await PublishUntilReceivedAsync(broker, receiver, "after", timeout.Token)).Text().ShouldBe("after");
    }

    // RabbitMQ before 4.0 says nothing to the consumers then, and delivers nothing to them either.
    [Fact]
    public async Task When_the_queue_is_deleted_and_at_once_declared_again_it_is_consuming_again()
    {
        using var timeout = new CancellationTokenSource(Patience);
        var options = own.Options($"csvingest-fault-{Guid.NewGuid():N}");
        await using var broker = new RabbitMqBroker(options, _logs);
        await using var receiver = broker.OpenReceiver(new ReceiverOptions());
        await broker.PublishAsync("before").WaitAsync(Patience);
        await receiver.SettleAsync(await receiver.ReceiveAsync(1, timeout.Token), Outcome.Ack, timeout.Token);

        await ReplaceQueueAsync(options.Queue, QueueTopology.Arguments(options), timeout.Token);

        (await PublishUntilReceivedAsync(broker, receiver, "after", timeout.Token)).Text().ShouldBe("after");
        receiver.IsReceiving.ShouldBeTrue();
    }

    [Fact]
    public async Task When_the_queue_is_replaced_by_another_kind_it_is_rejected()
    {
        using var timeout = new CancellationTokenSource(Patience);
        var options = own.Options($"csvingest-fault-{Guid.NewGuid():N}");
        await using var broker = new RabbitMqBroker(options, _logs);
        await using var receiver = broker.OpenReceiver(new ReceiverOptions());
        await broker.PublishAsync("before").WaitAsync(Patience);
        await receiver.SettleAsync(await receiver.ReceiveAsync(1, timeout.Token), Outcome.Ack, timeout.Token);

        await ReplaceQueueAsync(options.Queue, arguments: null, timeout.Token);

        (await Should.ThrowAsync<DeniedException>(() => receiver.WaitAsync(timeout.Token)))
            .Message.ShouldContain("exists as a classic queue; expected quorum");
    }

    [Fact]
    public async Task A_receiver_without_work_keeps_receiving_and_says_nothing()
    {
        using var timeout = new CancellationTokenSource(Patience);
        var options = own.Options($"csvingest-fault-{Guid.NewGuid():N}") with { WatchInterval = TimeSpan.FromMilliseconds(100) };
        await using var broker = new RabbitMqBroker(options, _logs);
        await using var receiver = broker.OpenReceiver(new ReceiverOptions { Prefetch = 7 });
        await using var publisher = broker.OpenPublisher(new PublisherOptions());
        var received = new HashSet<string>();

        // Most come after looks at an empty queue, and may meet one.
        for (var i = 0; i < 25; i++)
        {
            await publisher.PublishAsync(BrokerTesting.Message($"m{i}")).WaitAsync(Patience);
            while (received.Count <= i)
            {
                var deliveries = await receiver.ReceiveAsync(1, timeout.Token);
                received.Add(deliveries[0].Text());
                await receiver.SettleAsync(deliveries, Outcome.Ack, timeout.Token);
            }

            await Task.Delay(16 * i, timeout.Token);
        }

        while (!await receiver.IsQueueEmptyAsync(timeout.Token))
        {
            await receiver.SettleAsync(await receiver.ReceiveAsync(1, timeout.Token), Outcome.Ack, timeout.Token);
        }

        _logs.All.ShouldBeEmpty();
    }

    [Fact]
    public async Task When_the_connection_goes_while_a_dead_letter_is_under_way_its_delivery_comes_again()
    {
        using var timeout = new CancellationTokenSource(Patience);
        await using var broker = own.Open(_logs);
        await broker.PublishAsync("bad").WaitAsync(Patience);
        await using var receiver = broker.OpenReceiver(new ReceiverOptions());
        var held = await receiver.ReceiveAsync(1, timeout.Token);
        await own.Server.CtlAsync("set_disk_free_limit", "100000GB");
        Task settling;
        try
        {
            settling = receiver.SettleAsync(held, Outcome.DeadLetter(DeadLetterReasons.Undecodable, "why"), timeout.Token);
            await UntilAsync(() => _logs.All.Any(log => log.Message.StartsWith("The broker blocks", StringComparison.Ordinal)), timeout.Token);
            await own.Server.CtlAsync("close_all_connections", "as a fault would");
            await UntilAsync(() => _logs.All.Any(log => log.Message.StartsWith("Receiver reconnected", StringComparison.Ordinal)), timeout.Token);
        }
        finally
        {
            await own.Server.CtlAsync("set_disk_free_limit", "1MB");
        }

        await settling.WaitAsync(timeout.Token);
        (await receiver.ReceiveAsync(1, timeout.Token)).Single().Text().ShouldBe("bad");
        (await broker.ListDeadLettersAsync(timeout.Token)).Single().Text().ShouldBe("bad");
    }

    // A publish that meets a deletion half-way can be confirmed and go with the queue.
    private static async Task<Delivery> PublishUntilReceivedAsync(
        RabbitMqBroker broker, IReceiver receiver, string text, CancellationToken cancellationToken)
    {
        while (true)
        {
            await broker.PublishAsync(text).WaitAsync(Patience, cancellationToken);
            using var moment = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            moment.CancelAfter(TimeSpan.FromSeconds(2));
            try
            {
                return (await receiver.ReceiveAsync(1, moment.Token)).Single();
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // Once more.
            }
        }
    }

    // Without a pause: somebody else's program.
    private async Task ReplaceQueueAsync(string queue, IDictionary<string, object?>? arguments, CancellationToken cancellationToken)
    {
        await using var client = await new ConnectionFactory { Uri = new Uri(own.Server.Address) }
            .CreateConnectionAsync(cancellationToken);
        await using var channel = await client.CreateChannelAsync(cancellationToken: cancellationToken);
        await channel.QueueDeleteAsync(queue, cancellationToken: cancellationToken);
        await channel.QueueDeclareAsync(
            queue, durable: true, exclusive: false, autoDelete: false, arguments, cancellationToken: cancellationToken);
    }

    private static async Task UntilAsync(Func<bool> condition, CancellationToken cancellationToken)
    {
        while (!condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), cancellationToken);
        }
    }

    [Fact]
    public async Task When_the_dead_letter_queue_is_deleted_a_dead_letter_still_gets_there()
    {
        using var timeout = new CancellationTokenSource(Patience);
        var options = own.Options($"csvingest-fault-{Guid.NewGuid():N}");
        await using var broker = new RabbitMqBroker(options, _logs);
        await broker.PublishAsync("bad").WaitAsync(Patience);
        await using var receiver = broker.OpenReceiver(new ReceiverOptions());
        var held = await receiver.ReceiveAsync(1, timeout.Token);

        await own.Server.CtlAsync("delete_queue", options.DeadLetterQueue);
        await receiver.SettleAsync(held, Outcome.DeadLetter(DeadLetterReasons.Undecodable, "why"), timeout.Token);

        (await broker.ListDeadLettersAsync(timeout.Token)).Single().Text().ShouldBe("bad");
    }

    [Fact]
    public async Task A_message_that_is_never_settled_is_dead_lettered_by_the_broker()
    {
        using var timeout = new CancellationTokenSource(Patience);
        var options = own.Options($"csvingest-fault-{Guid.NewGuid():N}");
        await using var broker = new RabbitMqBroker(options, _logs);
        await broker.PublishAsync("poison").WaitAsync(Patience);
        await using var client = await new ConnectionFactory { Uri = new Uri(own.Server.Address) }
            .CreateConnectionAsync(timeout.Token);
        for (var crash = 0; crash < DeliveryLimit.Default; crash++)
        {
            await TakeAndCrashAsync(client, options.Queue, timeout.Token);
        }

        await using (var receiver = broker.OpenReceiver(new ReceiverOptions()))
        {
            (await receiver.ReceiveAsync(1, timeout.Token)).Single().Attempts.ShouldBe(DeliveryLimit.Default);
            await own.Server.CtlAsync("close_all_connections", "as a crash would");
        }

        IReadOnlyList<DeadLetter> letters = [];
        while (letters.Count == 0)
        {
            // The broker moves it in its own time.
            letters = await broker.ListDeadLettersAsync(timeout.Token);
        }

        letters[0].Text().ShouldBe("poison");
        letters[0].Reason.ShouldBe(DeadLetterReasons.DeliveryLimit);
        letters[0].At.ShouldNotBeNull().ShouldBeGreaterThan(DateTimeOffset.UtcNow.AddMinutes(-5));
        (await broker.ReplayDeadLettersAsync(_ => true, timeout.Token)).ShouldBe(1);
        await using var last = broker.OpenReceiver(new ReceiverOptions());
        (await last.ReceiveAsync(1, timeout.Token)).Single().Attempts.ShouldBe(0);
    }

    [Fact]
    public async Task A_blocked_broker_hands_the_dead_letter_back()
    {
        using var timeout = new CancellationTokenSource(Patience);
        await using var broker = own.Open(_logs);
        await broker.PublishAsync("bad").WaitAsync(Patience);
        await using var receiver = broker.OpenReceiver(new ReceiverOptions());
        var held = await receiver.ReceiveAsync(1, timeout.Token);
        await own.Server.CtlAsync("set_disk_free_limit", "100000GB");
        try
        {
            await receiver.SettleAsync(held, Outcome.DeadLetter(DeadLetterReasons.Undecodable, "why"), timeout.Token);
            (await receiver.ReceiveAsync(1, timeout.Token)).Single().Text().ShouldBe("bad");
        }
        finally
        {
            await own.Server.CtlAsync("set_disk_free_limit", "1MB");
        }

        _logs.All.ShouldContain(log => log.Message.Contains("Cannot dead-letter", StringComparison.Ordinal));
    }

    private static async Task TakeAndCrashAsync(IConnection client, string queue, CancellationToken cancellationToken)
    {
        BasicGetResult? got = null;
        while (got is null)
        {
            // What a crash gives back comes back in the broker's own time.
            await using var channel = await client.CreateChannelAsync(cancellationToken: cancellationToken);
            got = await channel.BasicGetAsync(queue, autoAck: false, cancellationToken);
        }
    }

    private static async Task UntilUnackedAsync(IReceiver receiver, CancellationToken cancellationToken)
    {
        // 300 published, 50 acked, 100 in hand: what is ready tells that the acks have arrived.
        while (((RabbitMqReceiver)receiver).IsReceiving && await ReadyAsync() != 150)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }

        Task<long?> ReadyAsync() => ((RabbitMqReceiver)receiver).CountReadyAsync(cancellationToken);
    }
}
