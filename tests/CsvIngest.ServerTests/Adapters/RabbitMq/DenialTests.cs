using CsvIngest.Contracts;
using CsvIngest.Testing;
using CsvIngest.Messages;
using CsvIngest.RabbitMq;
using CsvIngest.ServerTests.EndToEnd.Harness;
using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.Adapters;

/// <summary>What trying again does not cure is said at once, by everything that connects.</summary>
public sealed class DenialTests(RabbitMqFixture fixture) : IClassFixture<RabbitMqFixture>
{
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(15);

    private readonly string _queue = $"csvingest-denial-{Guid.NewGuid():N}";

    [Fact]
    public async Task A_classic_queue_is_rejected_and_found_and_wanted_are_named()
    {
        await WithQueueAsync(_queue, [], $"Queue \"{_queue}\" exists as a classic queue; expected quorum.");
    }

    [Fact]
    public async Task A_classic_dead_letter_queue_is_rejected()
    {
        await WithQueueAsync(
            _queue + ".dead-letter", [], $"Queue \"{_queue}.dead-letter\" exists as a classic queue; expected quorum.");
    }

    [Fact]
    public async Task A_queue_with_another_delivery_limit_is_rejected_and_found_and_wanted_are_named()
    {
        var arguments = new Dictionary<string, object?>
        {
            ["x-queue-type"] = "quorum",
            ["x-dead-letter-exchange"] = "",
            ["x-dead-letter-routing-key"] = _queue + ".dead-letter",
            ["x-dead-letter-strategy"] = "at-least-once",
            ["x-overflow"] = "reject-publish",
            ["x-delivery-limit"] = 7,
        };
        await WithQueueAsync(_queue, arguments, "x-delivery-limit is 7; expected 20");
    }

    [Fact]
    public async Task A_queue_without_a_dead_letter_queue_is_rejected_and_found_and_wanted_are_named()
    {
        await WithQueueAsync(
            _queue, new Dictionary<string, object?> { ["x-queue-type"] = "quorum" }, "is nothing; expected");
    }

    [Fact]
    public async Task Wrong_credentials_are_rejected_at_once()
    {
        var options = RabbitMqOptions.Parse($"amqp://nobody:hunter2@{Endpoint.Of(fixture.Address)}/", _queue);
        await DeniedAsync(options, "wrong user name or password");
    }

    [Fact]
    public async Task An_unknown_virtual_host_is_rejected_at_once()
    {
        var options = RabbitMqOptions.Parse(fixture.Address[..(fixture.Address.LastIndexOf('/') + 1)] + "no%20such", _queue);
        await DeniedAsync(options, "no such");
    }

    [Fact]
    public async Task A_broker_that_is_not_there_is_unavailable()
    {
        // Port 1 is never listened on.
        var options = RabbitMqOptions.Parse("amqp://guest:hunter2@127.0.0.1:1", _queue);
        var logs = new RecordedLogs();
        await using var broker = new RabbitMqBroker(options, logs);

        var error = await Should.ThrowAsync<BrokerUnavailableException>(() => broker.PrepareAsync(default).WaitAsync(AtOnce));
        error.Message.ShouldContain("127.0.0.1:1");
        error.Message.ShouldNotContain("hunter2");

        await using var publisher = broker.OpenPublisher(new PublisherOptions { Timeout = TimeSpan.FromSeconds(1) });
        publisher.Condition.ShouldBe(BrokerCondition.Connecting);
        await Should.ThrowAsync<BrokerUnavailableException>(
            () => publisher.PublishAsync(BrokerTesting.Message("x")).WaitAsync(AtOnce));
        // Many attempts, one line.
        logs.AboveInformation.Count.ShouldBe(1);
    }

    private async Task WithQueueAsync(string queue, Dictionary<string, object?> arguments, string expected)
    {
        await using var channel = await fixture.Connection.CreateChannelAsync();
        await channel.QueueDeclareAsync(queue, durable: true, exclusive: false, autoDelete: false, arguments);
        try
        {
            await DeniedAsync(RabbitMqOptions.Parse(fixture.Address, _queue), expected);
        }
        finally
        {
            await fixture.RemoveAsync(_queue);
        }
    }

    // A broker that serves all tests may be too busy to answer a single attempt in time.
    private static async Task UntilAnsweredAsync(Func<Task> attempt)
    {
        for (var retries = 3; ; retries--)
        {
            try
            {
                await attempt().WaitAsync(AtOnce);
                return;
            }
            catch (BrokerUnavailableException) when (retries > 0)
            {
                await Task.Delay(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
            }
        }
    }

    private static async Task DeniedAsync(RabbitMqOptions options, string expected)
    {
        await using var broker = new RabbitMqBroker(options, new RecordedLogs());
        await using var publisher = broker.OpenPublisher(new PublisherOptions());
        await using var receiver = broker.OpenReceiver(new ReceiverOptions());

        Func<Task>[] all =
        [
            () => broker.PrepareAsync(default),
            () => broker.ListDeadLettersAsync(default),
            () => publisher.PublishAsync(BrokerTesting.Message("x")),
            () => publisher.PublishAsync(BrokerTesting.Message("later")),
            () => receiver.WaitAsync(default),
        ];
        foreach (var attempt in all)
        {
            var error = await Should.ThrowAsync<DeniedException>(() => UntilAnsweredAsync(attempt));
            error.Message.ShouldContain(expected);
            error.Message.ShouldNotContain("hunter2");
        }
    }
}
