using CsvIngest.Contracts;
using CsvIngest.Testing;
using CsvIngest.Messages;
using CsvIngest.Sqlite;
using Microsoft.Extensions.Time.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Sqlite;

/// <summary>What becomes of deliveries whose receiver dies. A session that is dropped stands for a process that was killed.</summary>
public sealed class LeaseTests : IDisposable
{
    private const string Queue = "q";
    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2030, 1, 2, 3, 4, 5, TimeSpan.Zero));
    private readonly RecordedLogs _logs = new();
    private readonly SqliteBrokerOptions _options = new() { Lease = TimeSpan.FromSeconds(10), DeliveryLimit = 3 };
    private readonly CancellationTokenSource _deadline = new(TimeSpan.FromSeconds(30));

    private string Path => _folder.File("broker.db");

    public void Dispose()
    {
        _deadline.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_lease_that_is_not_renewed_ends_and_its_deliveries_come_again()
    {
        await PublishAsync("a", "b");
        using var dead = OpenSession();
        using var alive = OpenSession();
        var lost = dead.RenewAndTake(10).ShouldNotBeNull();
        lost.Count.ShouldBe(2);

        _time.Advance(TimeSpan.FromSeconds(9));
        alive.RenewAndTake(10).ShouldNotBeNull().ShouldBeEmpty();
        _time.Advance(TimeSpan.FromSeconds(2));
        var again = alive.RenewAndTake(10).ShouldNotBeNull();

        again.Select(BrokerTesting.Text).ShouldBe(["a", "b"]);
        again.ShouldAllBe(delivery => delivery.Attempts == 1);
        dead.RenewAndTake(10).ShouldBeNull();
        dead.Settle(lost, Outcome.Ack).ShouldBe(0);
        alive.Settle(again, Outcome.Ack).ShouldBe(2);
        alive.IsQueueEmpty().ShouldBeTrue();
    }

    [Fact]
    public async Task A_lease_that_is_renewed_goes_on()
    {
        await PublishAsync("a");
        using var first = OpenSession();
        using var second = OpenSession();
        var held = first.RenewAndTake(1).ShouldNotBeNull();

        for (var i = 0; i < 5; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(9));
            first.RenewAndTake(0).ShouldNotBeNull();
            second.RenewAndTake(10).ShouldNotBeNull().ShouldBeEmpty();
        }

        first.Settle(held, Outcome.Ack).ShouldBe(1);
    }

    [Fact]
    public async Task A_message_that_kills_its_receivers_is_dead_lettered()
    {
        await PublishAsync("poison", "innocent");
        for (var attempt = 0; attempt <= _options.DeliveryLimit; attempt++)
        {
            using var dies = OpenSession();
            var taken = dies.RenewAndTake(1).ShouldNotBeNull().ShouldHaveSingleItem();
            taken.Text().ShouldBe("poison");
            taken.Attempts.ShouldBe(attempt);
            _time.Advance(TimeSpan.FromSeconds(11));
        }

        using var survivor = OpenSession();
        survivor.RenewAndTake(10).ShouldNotBeNull().Select(BrokerTesting.Text).ShouldBe(["innocent"]);

        await using var broker = OpenBroker(_time);
        var letter = (await broker.ListDeadLettersAsync(_deadline.Token)).ShouldHaveSingleItem();
        (letter.Text(), letter.Reason, letter.At).ShouldBe(("poison", DeadLetterReasons.DeliveryLimit, _time.GetUtcNow()));
        _logs.AboveInformation.ShouldContain(log => log.EventId == 3504);
    }

    [Fact]
    public async Task A_queue_is_not_empty_while_another_receiver_may_give_its_deliveries_back()
    {
        await PublishAsync("a");
        using var other = OpenSession();
        using var drains = OpenSession();
        other.RenewAndTake(1).ShouldNotBeNull().Count.ShouldBe(1);

        other.IsQueueEmpty().ShouldBeTrue();
        drains.IsQueueEmpty().ShouldBeFalse();

        _time.Advance(TimeSpan.FromSeconds(11));
        drains.RenewAndTake(1).ShouldNotBeNull().Count.ShouldBe(1);
        drains.IsQueueEmpty().ShouldBeTrue();
    }

    [Fact]
    public async Task A_receiver_takes_over_from_a_dead_one()
    {
        await PublishAsync("a");
        using var dead = OpenSession();
        dead.RenewAndTake(1).ShouldNotBeNull().Count.ShouldBe(1);
        _time.Advance(TimeSpan.FromSeconds(11));

        await using var broker = OpenBroker(_time);
        await using var receiver = broker.OpenReceiver(new ReceiverOptions());
        var delivery = (await receiver.ReceiveAsync(1, _deadline.Token)).Single();

        (delivery.Text(), delivery.Attempts).ShouldBe(("a", 1));
        await receiver.SettleAsync([delivery], Outcome.Ack, _deadline.Token);
        (await receiver.IsQueueEmptyAsync(_deadline.Token)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_receiver_that_was_away_too_long_drops_what_it_had_and_goes_on()
    {
        await PublishAsync("a");
        await using var broker = OpenBroker(_time);
        await using var receiver = broker.OpenReceiver(new ReceiverOptions());
        var stale = await receiver.ReceiveAsync(1, _deadline.Token);

        // Only the other one's clock: the receiver would renew its lease as soon as it could.
        using var other = OpenSession(new FakeTimeProvider(_time.GetUtcNow().AddSeconds(11)));
        var taken = other.RenewAndTake(1).ShouldNotBeNull();
        await receiver.SettleAsync(stale, Outcome.Ack, _deadline.Token);
        other.Settle(taken, Outcome.Requeue).ShouldBe(1, "the stale ack counts for nothing");

        var again = await receiver.ReceiveAsync(1, _deadline.Token);
        again.Single().Attempts.ShouldBe(2);
        await receiver.SettleAsync(again, Outcome.Ack, _deadline.Token);
        (await receiver.IsQueueEmptyAsync(_deadline.Token)).ShouldBeTrue();
        _logs.AboveInformation.ShouldContain(log => log.EventId == 3502);
    }

    private SqliteBroker OpenBroker(TimeProvider time) => new(Path, Queue, _logs, _options, time);

    private ReceiverSession OpenSession(TimeProvider? time = null) =>
        new(new SqliteFile(Path), Queue, _options, _logs.CreateLogger(""), time ?? _time);

    private async Task PublishAsync(params string[] texts)
    {
        await using var broker = OpenBroker(TimeProvider.System);
        await broker.PublishAsync(texts).WaitAsync(_deadline.Token);
    }
}
