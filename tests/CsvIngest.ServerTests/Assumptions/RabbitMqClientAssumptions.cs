using System.Text;
using CsvIngest.ServerTests.Adapters;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;
using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.Assumptions;

/// <summary>What src/CsvIngest.RabbitMq relies on of RabbitMQ.Client and of the broker.</summary>
public sealed class RabbitMqClientAssumptions(RabbitMqFixture fixture) : IClassFixture<RabbitMqFixture>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Publishes_that_are_started_without_awaiting_keep_their_order()
    {
        await using var channel = await ConfirmingAsync();
        var queue = (await channel.QueueDeclareAsync()).QueueName;

        await Task.WhenAll(Enumerable.Range(0, 500)
            .Select(i => PublishAsync(channel, queue, Encoding.UTF8.GetBytes($"{i}")))).WaitAsync(Patience);

        for (var i = 0; i < 500; i++)
        {
            var got = await channel.BasicGetAsync(queue, autoAck: true);
            Encoding.UTF8.GetString(got!.Body.Span).ShouldBe($"{i}");
        }
    }

    [Fact]
    public async Task Without_a_queue_a_confirmed_mandatory_publish_fails_as_returned()
    {
        await using var channel = await ConfirmingAsync();

        var error = await Should.ThrowAsync<PublishException>(
            () => PublishAsync(channel, "no-such-queue", "x"u8.ToArray()).WaitAsync(Patience));

        error.IsReturn.ShouldBeTrue();
        // The channel stays good, so the session need not be replaced.
        channel.IsOpen.ShouldBeTrue();
    }

    [Fact]
    public async Task A_full_queue_fails_the_publish_as_not_returned()
    {
        await using var channel = await ConfirmingAsync();
        var arguments = new Dictionary<string, object?> { ["x-max-length"] = 1, ["x-overflow"] = "reject-publish" };
        var queue = (await channel.QueueDeclareAsync(arguments: arguments)).QueueName;
        await PublishAsync(channel, queue, "fits"u8.ToArray()).WaitAsync(Patience);

        var error = await Should.ThrowAsync<PublishException>(
            () => PublishAsync(channel, queue, "does not"u8.ToArray()).WaitAsync(Patience));

        error.IsReturn.ShouldBeFalse();
        channel.IsOpen.ShouldBeTrue();
    }

    [Fact]
    public void There_is_a_rate_limiter_unless_it_is_switched_off() =>
        // In 7.1 null means none; a later version that reads null as "the default" would throttle us.
        new CreateChannelOptions(true, true, outstandingPublisherConfirmationsRateLimiter: null)
            .OutstandingPublisherConfirmationsRateLimiter.ShouldBeNull();

    [Fact]
    public async Task The_body_of_a_delivery_is_not_valid_after_the_callback()
    {
        await using var channel = await ConfirmingAsync();
        var queue = (await channel.QueueDeclareAsync()).QueueName;
        var kept = new TaskCompletionSource<(ReadOnlyMemory<byte> Body, byte[] Copy)>();
        var second = new TaskCompletionSource();
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += (_, delivery) =>
        {
            if (!kept.TrySetResult((delivery.Body, delivery.Body.ToArray())))
            {
                second.TrySetResult();
            }

            return Task.CompletedTask;
        };
        await channel.BasicConsumeAsync(queue, autoAck: true, consumer);

        for (var i = 0; i < 200 && !second.Task.IsCompleted; i++)
        {
            var body = new byte[64 * 1024];
            Array.Fill(body, (byte)i);
            await PublishAsync(channel, queue, body).WaitAsync(Patience);
        }

        var (memory, copy) = await kept.Task.WaitAsync(Patience);
        await second.Task.WaitAsync(Patience);
        // It points into a pool: it may be overwritten at any time, so only the copy may be relied on.
        copy.ShouldAllBe(b => b == 0);
        memory.Length.ShouldBe(copy.Length);
    }

    [Fact]
    public async Task The_body_of_a_basic_get_is_a_copy()
    {
        await using var channel = await ConfirmingAsync();
        var queue = (await channel.QueueDeclareAsync()).QueueName;
        var bodies = Enumerable.Range(0, 20).Select(i => Enumerable.Repeat((byte)i, 64 * 1024).ToArray()).ToList();
        foreach (var body in bodies)
        {
            await PublishAsync(channel, queue, body).WaitAsync(Patience);
        }

        var got = new List<BasicGetResult>();
        while (await channel.BasicGetAsync(queue, autoAck: true) is { } result)
        {
            got.Add(result);
        }

        got.Select(result => result.Body.ToArray()).ShouldBe(bodies);
    }

    [Fact]
    public async Task Settling_a_tag_twice_closes_the_channel()
    {
        await using var channel = await ConfirmingAsync();
        var queue = (await channel.QueueDeclareAsync()).QueueName;
        var closed = new TaskCompletionSource<ShutdownEventArgs>();
        channel.ChannelShutdownAsync += (_, shutdown) =>
        {
            closed.TrySetResult(shutdown);
            return Task.CompletedTask;
        };
        await PublishAsync(channel, queue, "x"u8.ToArray()).WaitAsync(Patience);
        var got = await channel.BasicGetAsync(queue, autoAck: false);

        await channel.BasicAckAsync(got!.DeliveryTag, multiple: false);
        await channel.BasicAckAsync(got.DeliveryTag, multiple: false);

        (await closed.Task.WaitAsync(Patience)).ReplyCode.ShouldBe((ushort)406);
    }

    [Fact]
    public async Task Deleting_the_queue_cancels_the_consumer_and_leaves_the_channel_open()
    {
        await using var channel = await ConfirmingAsync();
        var queue = (await channel.QueueDeclareAsync(exclusive: false)).QueueName;
        var cancelled = new TaskCompletionSource();
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.UnregisteredAsync += (_, _) =>
        {
            cancelled.TrySetResult();
            return Task.CompletedTask;
        };
        await channel.BasicConsumeAsync(queue, autoAck: false, consumer);

        await using var other = await fixture.Connection.CreateChannelAsync();
        await other.QueueDeleteAsync(queue);

        await cancelled.Task.WaitAsync(Patience);
        channel.IsOpen.ShouldBeTrue();
    }

    [Fact]
    public async Task Wrong_credentials_stand_inside_the_unreachable_exception()
    {
        var factory = new ConnectionFactory { Uri = new Uri(fixture.Address), UserName = "nobody", Password = "wrong" };

        var error = await Should.ThrowAsync<BrokerUnreachableException>(() => factory.CreateConnectionAsync());

        error.InnerException.ShouldBeOfType<AuthenticationFailureException>();
    }

    private Task<IChannel> ConfirmingAsync() => fixture.Connection.CreateChannelAsync(
        new CreateChannelOptions(
            publisherConfirmationsEnabled: true,
            publisherConfirmationTrackingEnabled: true,
            outstandingPublisherConfirmationsRateLimiter: null));

    private static Task PublishAsync(IChannel channel, string queue, byte[] body) =>
        channel.BasicPublishAsync("", queue, mandatory: true, new BasicProperties(), body).AsTask();
}
