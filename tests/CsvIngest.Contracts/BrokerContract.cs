using CsvIngest.Messages;
using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.Contracts;

/// <summary>
/// What every implementation of the message seam does without faults. Each test has a queue of its own. Faults differ by
/// implementation and are tested there.
/// </summary>
public abstract partial class BrokerContract<TFixture>(TFixture fixture) : IAsyncLifetime
    where TFixture : BrokerFixture
{
    /// <summary>Generous for a busy machine: on an idle one nothing here takes a second.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource _deadline =
        CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

    private readonly string _queue = $"csvingest-contract-{Guid.NewGuid():N}";
    private readonly RecordedLogs _logs = new();
    private IBroker _broker = null!;

    private CancellationToken Deadline => _deadline.Token;

    public virtual async ValueTask InitializeAsync()
    {
        _deadline.CancelAfter(Patience);
        _broker = OpenBroker();
        await _broker.PrepareAsync(Deadline);
    }

    public virtual async ValueTask DisposeAsync()
    {
        await _broker.DisposeAsync();
        await fixture.RemoveAsync(_queue);
        _deadline.Dispose();
        GC.SuppressFinalize(this);
        _logs.AboveInformation.ShouldBeEmpty();
    }

    [Fact]
    public async Task Preparing_again_is_harmless()
    {
        await _broker.PublishAsync("kept");

        await using var other = OpenBroker();
        await Task.WhenAll(_broker.PrepareAsync(Deadline), other.PrepareAsync(Deadline), other.PrepareAsync(Deadline));

        (await ReceiveAndAckAsync(1)).ShouldBe(["kept"]);
    }

    [Fact]
    public void The_address_for_people_is_not_empty() => _broker.DisplayAddress.ShouldNotBeNullOrWhiteSpace();

    [Theory]
    [InlineData(ContentTypes.Protobuf)]
    [InlineData(ContentTypes.Json)]
    public async Task A_message_arrives_as_it_was_published(string contentType)
    {
        byte[] body = [.. Enumerable.Range(0, 256).Select(b => (byte)b)];
        await using var publisher = _broker.OpenPublisher(new PublisherOptions());
        await publisher.PublishAsync(new OutgoingMessage(body, contentType)).WaitAsync(Deadline);

        await using var receiver = _broker.OpenReceiver(new ReceiverOptions());
        var delivery = (await receiver.ReceiveAsync(1, Deadline)).Single();

        delivery.Body.ToArray().ShouldBe(body);
        delivery.ContentType.ShouldBe(contentType);
        delivery.Attempts.ShouldBe(0);
        publisher.Condition.ShouldBe(BrokerCondition.Flowing);
        receiver.IsReceiving.ShouldBeTrue();
        await receiver.SettleAsync([delivery], Outcome.Ack, Deadline);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4 * 1024 * 1024)]
    public async Task Bodies_of_any_size_arrive(int bytes)
    {
        var body = new byte[bytes];
        new Random(bytes).NextBytes(body);
        await using var publisher = _broker.OpenPublisher(new PublisherOptions());
        await publisher.PublishAsync(new OutgoingMessage(body)).WaitAsync(Deadline);

        await using var receiver = _broker.OpenReceiver(new ReceiverOptions());
        var delivery = (await receiver.ReceiveAsync(1, Deadline)).Single();

        delivery.Body.Span.SequenceEqual(body).ShouldBeTrue();
        await receiver.SettleAsync([delivery], Outcome.Ack, Deadline);
    }

    [Fact]
    public async Task Messages_arrive_in_the_order_published()
    {
        var texts = BrokerTesting.Texts(500);
        await _broker.PublishAsync(texts).WaitAsync(Deadline);

        await using var receiver = _broker.OpenReceiver(new ReceiverOptions { Prefetch = 1000 });
        var deliveries = await receiver.ReceiveAsync(texts.Count, Deadline);
        await receiver.SettleAsync(deliveries, Outcome.Ack, Deadline);

        // Read only now: a body stays valid as long as its delivery.
        deliveries.Select(BrokerTesting.Text).ShouldBe(texts);
    }

    [Fact]
    public async Task Several_publishers_lose_nothing_and_each_keeps_its_order()
    {
        await using var other = OpenBroker();
        await Task.WhenAll(
            _broker.PublishAsync(BrokerTesting.Texts(200, "a")), other.PublishAsync(BrokerTesting.Texts(200, "b")))
            .WaitAsync(Deadline);

        var received = await ReceiveAndAckAsync(400);

        received.Where(text => text[0] == 'a').ShouldBe(BrokerTesting.Texts(200, "a"));
        received.Where(text => text[0] == 'b').ShouldBe(BrokerTesting.Texts(200, "b"));
    }

    [Fact]
    public async Task Messages_outlive_the_program_that_published_them()
    {
        await using (var other = OpenBroker())
        {
            await other.PublishAsync("stays").WaitAsync(Deadline);
        }

        (await ReceiveAndAckAsync(1)).ShouldBe(["stays"]);
    }

    [Fact]
    public async Task Every_publish_ends_when_the_publisher_is_disposed()
    {
        var publisher = _broker.OpenPublisher(new PublisherOptions());
        var publishes = BrokerTesting.Texts(50).Select(text => publisher.PublishAsync(BrokerTesting.Message(text))).ToList();

        await publisher.DisposeAsync().AsTask().WaitAsync(Deadline);

        await Task.WhenAll(publishes).ContinueWith(_ => { }, TaskScheduler.Default).WaitAsync(Deadline);
        // Confirmed, of unknown fate, or given up: never waiting, and never failed for another reason.
        publishes.ShouldAllBe(publish =>
            publish.IsCompletedSuccessfully || publish.IsCanceled || publish.Exception!.InnerException is BrokerUnavailableException);
    }

    [Fact]
    public async Task Publisher_and_receiver_may_be_opened_before_the_queue_is_there()
    {
        await using var unprepared = fixture.Open(_queue + "-unprepared", new RecordedLogs());
        try
        {
            await using var receiver = unprepared.OpenReceiver(new ReceiverOptions());
            await unprepared.PublishAsync("first").WaitAsync(Deadline);

            (await ReceiveAndAckAsync(receiver, 1)).ShouldBe(["first"]);
        }
        finally
        {
            await fixture.RemoveAsync(_queue + "-unprepared");
        }
    }

    private IBroker OpenBroker() => fixture.Open(_queue, _logs);

    private async Task<List<string>> ReceiveAndAckAsync(int count)
    {
        await using var receiver = _broker.OpenReceiver(new ReceiverOptions { Prefetch = 1000 });
        return await ReceiveAndAckAsync(receiver, count);
    }

    private async Task<List<string>> ReceiveAndAckAsync(IReceiver receiver, int count)
    {
        var deliveries = await receiver.ReceiveAsync(count, Deadline);
        await receiver.SettleAsync(deliveries, Outcome.Ack, Deadline);
        return [.. deliveries.Select(BrokerTesting.Text)];
    }
}
