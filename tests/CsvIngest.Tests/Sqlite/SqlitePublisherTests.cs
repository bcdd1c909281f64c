using CsvIngest.Contracts;
using CsvIngest.Testing;
using CsvIngest.Messages;
using CsvIngest.Sqlite;
using Microsoft.Data.Sqlite;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Sqlite;

public sealed class SqlitePublisherTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly TemporaryFolder _folder = new();
    private readonly RecordedLogs _logs = new();

    private string Path => _folder.File("broker.db");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Messages_published_meanwhile_share_a_transaction()
    {
        await using var broker = OpenBroker();
        await broker.PrepareAsync(CancellationToken.None);
        await using var publisher = broker.OpenPublisher(new PublisherOptions());

        Task published;
        using (HoldTheWriteLock())
        {
            published = publisher.PublishAllAsync(BrokerTesting.Texts(1000));
            published.IsCompleted.ShouldBeFalse();
        }

        await published.WaitAsync(Patience);
        // The group that waited for the lock, and one of all that came meanwhile.
        _logs.All.Count(log => log.EventId == 3506).ShouldBeInRange(1, 2);
        _logs.AboveInformation.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_file_that_stays_locked_is_given_up_after_the_timeout()
    {
        await using var broker = OpenBroker();
        await broker.PrepareAsync(CancellationToken.None);
        await using var publisher = broker.OpenPublisher(new PublisherOptions { Timeout = TimeSpan.FromMilliseconds(200) });
        using var locked = HoldTheWriteLock();

        var first = publisher.PublishAsync(BrokerTesting.Message("a"));
        var second = publisher.PublishAsync(BrokerTesting.Message("b"));

        (await Should.ThrowAsync<BrokerUnavailableException>(() => first.WaitAsync(Patience))).Message.ShouldContain(Path);
        await Should.ThrowAsync<BrokerUnavailableException>(() => second.WaitAsync(Patience));
        publisher.Condition.ShouldBe(BrokerCondition.Connecting);
        await Should.ThrowAsync<BrokerUnavailableException>(() => publisher.PublishAsync(BrokerTesting.Message("c")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_file_that_was_deleted_or_replaced_is_not_written_on(bool isReplaced)
    {
        await using var broker = OpenBroker();
        await using var publisher = broker.OpenPublisher(new PublisherOptions());
        await publisher.PublishAsync(BrokerTesting.Message("gone")).WaitAsync(Patience);
        foreach (var file in Directory.GetFiles(_folder.Path))
        {
            File.Delete(file);
        }

        if (isReplaced)
        {
            await using var other = OpenBroker();
            await other.PrepareAsync(CancellationToken.None);
        }

        await publisher.PublishAsync(BrokerTesting.Message("kept")).WaitAsync(Patience);

        await using var receiver = broker.OpenReceiver(new ReceiverOptions());
        using var deadline = new CancellationTokenSource(Patience);
        (await receiver.ReceiveAsync(1, deadline.Token)).Single().Text().ShouldBe("kept");
        _logs.AboveInformation.ShouldHaveSingleItem().EventId.ShouldBe(3505);
    }

    [Fact]
    public async Task Queues_in_one_file_do_not_mix()
    {
        await using var orders = OpenBroker();
        await using var contacts = new SqliteBroker(Path, "contacts", _logs);
        await orders.PublishAsync("order").WaitAsync(Patience);
        await contacts.PublishAsync("contact").WaitAsync(Patience);

        await using var receiver = contacts.OpenReceiver(new ReceiverOptions());
        using var deadline = new CancellationTokenSource(Patience);
        var delivery = await receiver.ReceiveAsync(1, deadline.Token);

        delivery.Single().Text().ShouldBe("contact");
        await receiver.SettleAsync(delivery, Outcome.DeadLetter(DeadLetterReasons.Invalid, ""), deadline.Token);
        (await receiver.IsQueueEmptyAsync(deadline.Token)).ShouldBeTrue();
        (await orders.PurgeDeadLettersAsync(_ => true, atMost: null, deadline.Token)).ShouldBe(0);
        (await contacts.PurgeDeadLettersAsync(_ => true, atMost: null, deadline.Token)).ShouldBe(1);
    }

    private SqliteBroker OpenBroker() => new(Path, "q", _logs);

    private SqliteConnection HoldTheWriteLock()
    {
        var connection = new SqliteFile(Path).Open(create: false);
        connection.Execute("BEGIN IMMEDIATE");
        return connection;
    }
}
