using CsvIngest.Contracts;
using CsvIngest.Messages;
using CsvIngest.Sqlite;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Sqlite;

public sealed class SqliteBrokerTests(SqliteBrokerFixture fixture)
    : BrokerContract<SqliteBrokerFixture>(fixture), IClassFixture<SqliteBrokerFixture>
{
    [Fact]
    public async Task An_urgent_message_is_the_next_to_be_delivered()
    {
        using var folder = new TemporaryFolder();
        await using var broker = new SqliteBroker(folder.File("broker.db"), "q", NullLoggerFactory.Instance);
        await broker.PublishAsync(BrokerTesting.Texts(10));
        await using (var publisher = broker.OpenPublisher(new PublisherOptions()))
        {
            await publisher.PublishAsync(BrokerTesting.Message("urgent", isUrgent: true));
        }

        await using var receiver = broker.OpenReceiver(new ReceiverOptions { Prefetch = 1 });

        (await receiver.ReceiveAsync(1, TestContext.Current.CancellationToken))[0].Text().ShouldBe("urgent");
    }

    [Fact]
    public async Task A_file_of_version_0_1_keeps_its_messages_and_takes_urgent_ones()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("broker.db");
        await using var broker = new SqliteBroker(path, "q", NullLoggerFactory.Instance);
        await broker.PublishAsync("old");
        using (var connection = new SqliteFile(path).Open(create: false))
        {
            connection.Execute(
                """
                DROP INDEX broker_messages_in_order;
                ALTER TABLE broker_messages DROP COLUMN urgent;
                ALTER TABLE broker_messages DROP COLUMN traceparent;
                ALTER TABLE broker_dead_letters DROP COLUMN traceparent;
                ALTER TABLE broker_receivers DROP COLUMN queue;
                CREATE INDEX broker_messages_by_queue ON broker_messages (queue);
                """);
        }

        (await broker.CountAsync(TestContext.Current.CancellationToken)).Consumers.ShouldBeNull();
        await using (var publisher = broker.OpenPublisher(new PublisherOptions()))
        {
            await publisher.PublishAsync(BrokerTesting.Message("urgent", isUrgent: true));
        }

        await using var receiver = broker.OpenReceiver(new ReceiverOptions());
        var received = await receiver.ReceiveAsync(2, TestContext.Current.CancellationToken);
        received.Select(delivery => delivery.Text()).ShouldBe(["urgent", "old"]);
    }
}

/// <summary>All queues of the suite are in one file.</summary>
public sealed class SqliteBrokerFixture : BrokerFixture, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public override IBroker Open(string queue, ILoggerFactory logs) => new SqliteBroker(_folder.File("broker.db"), queue, logs);

    public void Dispose() => _folder.Dispose();
}
