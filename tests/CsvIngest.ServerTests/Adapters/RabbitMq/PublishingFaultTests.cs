using System.Globalization;
using CsvIngest.Contracts;
using CsvIngest.Testing;
using CsvIngest.Messages;
using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.Adapters;

/// <summary>What the publisher does when its server breaks.</summary>
public sealed class PublishingFaultTests(OwnRabbitMq own) : IClassFixture<OwnRabbitMq>
{
    /// <summary>Several restarts of a server on a busy machine.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly RecordedLogs _logs = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task When_the_broker_restarts_nothing_is_lost_and_the_order_stays(bool killed)
    {
        await using var broker = own.Open(_logs);
        await using var publisher = broker.OpenPublisher(new PublisherOptions { Timeout = Patience });
        var publishing = new NumberedPublishing(publisher);
        await publishing.AnotherAsync(1000).WaitAsync(Patience);

        await (killed ? own.Server.KillAsync() : own.Server.StopAsync());
        await own.Server.StartAsync();
        await publishing.AnotherAsync(1000).WaitAsync(Patience);
        var published = await publishing.EndAsync().WaitAsync(Patience);

        (await FirstArrivalsAsync(broker, published)).ShouldBe(Enumerable.Range(0, published));
        _logs.All.ShouldContain(log => log.Message.StartsWith("Publisher disconnected", StringComparison.Ordinal));
        _logs.All.ShouldContain(log => log.Message.Contains("reconnected to", StringComparison.Ordinal));
    }

    [Fact]
    public async Task When_connections_are_closed_nothing_is_lost()
    {
        await using var broker = own.Open(_logs);
        await using var publisher = broker.OpenPublisher(new PublisherOptions { Timeout = Patience });
        var publishing = new NumberedPublishing(publisher);
        for (var i = 0; i < 3; i++)
        {
            await publishing.AnotherAsync(500).WaitAsync(Patience);
            await own.Server.CtlAsync("close_all_connections", "for the test");
        }

        await publishing.AnotherAsync(500).WaitAsync(Patience);
        var published = await publishing.EndAsync().WaitAsync(Patience);

        (await FirstArrivalsAsync(broker, published)).ShouldBe(Enumerable.Range(0, published));
    }

    [Fact]
    public async Task When_the_broker_blocks_publishers_it_is_waited_for_without_limit()
    {
        await using var broker = own.Open(_logs);
        await broker.PrepareAsync(TestContext.Current.CancellationToken);
        await using var publisher = broker.OpenPublisher(new PublisherOptions { Timeout = TimeSpan.FromSeconds(4) });
        var publishing = new NumberedPublishing(publisher);
        await publishing.AnotherAsync(100).WaitAsync(Patience);

        await own.Server.CtlAsync("set_disk_free_limit", "100000GB");
        try
        {
            await UntilAsync(() => publisher.Condition == BrokerCondition.Blocked);
            var before = publishing.Confirmed;
            // Longer than the publisher's timeout, which does not count here.
            await Task.WhenAny(publishing.Done, Task.Delay(TimeSpan.FromSeconds(6), TestContext.Current.CancellationToken));
            publishing.Done.IsCompleted.ShouldBeFalse();
            publisher.Condition.ShouldBe(BrokerCondition.Blocked);
            (publishing.Confirmed - before).ShouldBeLessThanOrEqualTo(200);
        }
        finally
        {
            await own.Server.CtlAsync("set_disk_free_limit", "1MB");
        }

        await publishing.AnotherAsync(100).WaitAsync(Patience);
        publisher.Condition.ShouldBe(BrokerCondition.Flowing);
        var published = await publishing.EndAsync().WaitAsync(Patience);
        (await FirstArrivalsAsync(broker, published)).ShouldBe(Enumerable.Range(0, published));
    }

    [Fact]
    public async Task A_blocked_publisher_closes_in_time()
    {
        await using var broker = own.Open(_logs);
        await own.Server.CtlAsync("set_disk_free_limit", "100000GB");
        try
        {
            var publisher = broker.OpenPublisher(new PublisherOptions());
            var publish = publisher.PublishAsync(BrokerTesting.Message("stuck"));
            await UntilAsync(() => publisher.Condition == BrokerCondition.Blocked);

            await publisher.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(10));

            publish.IsCanceled.ShouldBeTrue();
        }
        finally
        {
            await own.Server.CtlAsync("set_disk_free_limit", "1MB");
        }
    }

    [Fact]
    public async Task When_the_queue_is_full_it_is_waited_for_without_limit()
    {
        await own.Server.CtlAsync("set_policy", "short", "^csvingest-fault-[^.]*$", """{"max-length":50}""", "--apply-to", "queues");
        try
        {
            await using var broker = own.Open(_logs);
            await broker.PrepareAsync(TestContext.Current.CancellationToken);
            await using var publisher = broker.OpenPublisher(new PublisherOptions { Timeout = TimeSpan.FromSeconds(4) });
            var publishes = publisher.PublishAllAsync(BrokerTesting.Texts(500));
            await UntilAsync(() => publisher.Condition == BrokerCondition.QueueFull);
            await Task.WhenAny(publishes, Task.Delay(TimeSpan.FromSeconds(6), TestContext.Current.CancellationToken));
            publishes.IsCompleted.ShouldBeFalse();

            await using var receiver = broker.OpenReceiver(new ReceiverOptions());
            var received = await DistinctAsync(receiver, 500);

            await publishes.WaitAsync(Patience);
            received.Order(StringComparer.Ordinal).ShouldBe(BrokerTesting.Texts(500).Order(StringComparer.Ordinal));
            // Said a moment after the confirm.
            await UntilAsync(() => publisher.Condition == BrokerCondition.Flowing);
        }
        finally
        {
            await own.Server.CtlAsync("clear_policy", "short");
        }
    }

    [Fact]
    public async Task When_the_queue_is_deleted_it_is_declared_again()
    {
        await using var broker = own.Open(_logs);
        await using var publisher = broker.OpenPublisher(new PublisherOptions());
        await publisher.PublishAsync(BrokerTesting.Message("goes with the queue")).WaitAsync(Patience);

        await DeleteQueuesAsync();
        await publisher.PublishAllAsync(BrokerTesting.Texts(100)).WaitAsync(Patience);

        await using var receiver = broker.OpenReceiver(new ReceiverOptions());
        (await DistinctAsync(receiver, 100)).ShouldBe(BrokerTesting.Texts(100));
        _logs.All.ShouldContain(log => log.Message.Contains("a message was returned", StringComparison.Ordinal));
    }

    [Fact]
    public async Task When_the_broker_stays_away_every_outstanding_publish_fails_after_the_timeout()
    {
        await using var broker = own.Open(_logs);
        await broker.PrepareAsync(TestContext.Current.CancellationToken);
        await using var publisher = broker.OpenPublisher(new PublisherOptions { Timeout = TimeSpan.FromSeconds(4) });
        await publisher.PublishAsync(BrokerTesting.Message("before")).WaitAsync(Patience);
        await own.Server.StopAsync();
        try
        {
            var publishes = BrokerTesting.Texts(3).Select(text => publisher.PublishAsync(BrokerTesting.Message(text))).ToList();
            foreach (var publish in publishes)
            {
                var error = await Should.ThrowAsync<BrokerUnavailableException>(() => publish.WaitAsync(Patience));
                error.Message.ShouldContain("confirmed nothing for 4 s");
                error.Message.ShouldContain(broker.DisplayAddress);
            }
        }
        finally
        {
            await own.Server.StartAsync();
        }

        // Not finished with: the caller may go on.
        await UntilAsync(() => publisher.Condition == BrokerCondition.Flowing);
        await publisher.PublishAsync(BrokerTesting.Message("after")).WaitAsync(Patience);
    }

    private async Task DeleteQueuesAsync()
    {
        foreach (var queue in (await own.Server.CtlAsync("-q", "list_queues", "name", "--no-table-headers")).Split('\n'))
        {
            if (queue.Length > 0)
            {
                await own.Server.CtlAsync("delete_queue", queue);
            }
        }
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var timeout = new CancellationTokenSource(Patience);
        while (!condition())
        {
            // The condition is a property to be looked at; it has no signal.
            await Task.Delay(TimeSpan.FromMilliseconds(20), timeout.Token);
        }
    }

    private static async Task<List<int>> FirstArrivalsAsync(IBroker broker, int count)
    {
        await using var receiver = broker.OpenReceiver(new ReceiverOptions { Prefetch = 1000 });
        return (await DistinctAsync(receiver, count)).ConvertAll(text => int.Parse(text, CultureInfo.InvariantCulture));
    }

    // In the order of their first arrival; what is not confirmed is published again, so some come twice.
    private static async Task<List<string>> DistinctAsync(IReceiver receiver, int count)
    {
        using var timeout = new CancellationTokenSource(Patience);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var order = new List<string>();
        while (order.Count < count)
        {
            var delivery = (await receiver.ReceiveAsync(1, timeout.Token)).Single();
            await receiver.SettleAsync([delivery], Outcome.Ack, timeout.Token);
            if (seen.Add(delivery.Text()))
            {
                order.Add(delivery.Text());
            }
        }

        return order;
    }
}
