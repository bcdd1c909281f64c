using System.Data.Common;
using System.Globalization;
using RabbitMQ.Client;
using Shouldly;

namespace CsvIngest.ServerTests.EndToEnd;

// What a scenario waits for, and what it does to the servers past the programs.
public sealed partial class FaultScenario
{
    /// <summary>Messages in the queue that nobody holds.</summary>
    public Task<long> QueuedAsync() => WithChannelAsync(async channel => (long)await channel.MessageCountAsync(Queue));

    /// <summary>Messages in the dead-letter queue.</summary>
    public Task<long> DeadLetteredAsync() => WithChannelAsync(async channel => (long)await channel.MessageCountAsync(DeadLetterQueue));

    /// <summary>Waits until exactly so many messages are in the queue that nobody holds.</summary>
    public Task UntilQueuedAsync(long messages) => UntilCountAsync(Queue, count => count == messages);

    /// <summary>Waits until so many messages or more are in the queue that nobody holds.</summary>
    public Task UntilQueuedAtLeastAsync(long messages) => UntilCountAsync(Queue, count => count >= messages);

    /// <summary>Waits until exactly so many messages are in the dead-letter queue.</summary>
    public Task UntilDeadLetteredAsync(long messages) => UntilCountAsync(DeadLetterQueue, count => count == messages);

    /// <summary>Waits until at least so many rows are in the table.</summary>
    public Task UntilStoredAsync(long rows) => UntilAsync("SELECT count(*) FROM contacts", count => count >= rows);

    /// <summary>Waits until at least so many rows more are in the table.</summary>
    /// <exception cref="InvalidOperationException">The imports have not so many left.</exception>
    public async Task StoreMoreAsync(long rows)
    {
        var wanted = await CountAsync("SELECT count(*) FROM contacts") + rows;
        if (wanted > _files.Sum(file => file.Oracle.FirstNames.Count))
        {
            throw new InvalidOperationException($"The test has not work enough: {wanted} rows were waited for, seed {Seed}");
        }

        await UntilStoredAsync(wanted);
    }

    /// <summary>Asks the database, past the programs, for a number.</summary>
    public async Task<long> CountAsync(string sql)
    {
        await using var connection = Connect();
        await connection.OpenAsync();
        return await CountAsync(connection, sql);
    }

    /// <summary>Asks the database until it gives the number that is waited for.</summary>
    /// <returns>That number.</returns>
    public async Task<long> UntilAsync(string sql, Func<long, bool> condition)
    {
        await using var connection = Connect();
        await connection.OpenAsync();
        var count = 0L;
        await UntilAsync(async () => condition(count = await CountAsync(connection, sql)));
        return count;
    }

    /// <summary>Looks again and again: for what has no signal. A consumer that ends meanwhile is a failure.</summary>
    public async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var timeout = new CancellationTokenSource(Patience);
        while (!await condition())
        {
            _consumers.Find(consumer => consumer.HasExited)?.ToString().ShouldBeNull("a consumer ended by itself");
            timeout.IsCancellationRequested.ShouldBeFalse($"waited in vain, seed {Seed}\n{string.Join('\n', _consumers)}");
            await Task.Delay(TimeSpan.FromMilliseconds(5), CancellationToken.None);
        }
    }

    /// <summary>
    /// Holds every consumer in its transaction, after its rows went in and before its commit, until the result is disposed of:
    /// rejected rows are what it writes last, and one in a hundred rows is one. Consumers can start meanwhile.
    /// </summary>
    public async Task<DbConnection> HoldTransactionsAsync()
    {
        var connection = Connect();
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "BEGIN; LOCK TABLE rejected_rows IN SHARE MODE";
        await command.ExecuteNonQueryAsync();
        return connection;
    }

    /// <summary>Waits until so many consumers are held.</summary>
    public Task UntilHeldAsync(int consumers) => UntilAsync(
        "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'rejected_rows'::regclass", count => count == consumers);

    /// <summary>Publishes a message past the producer. On return the broker has it.</summary>
    public Task<bool> PublishAsync(byte[] body, string contentType) => WithChannelAsync(async channel =>
    {
        var properties = new BasicProperties { ContentType = contentType, Persistent = true };
        await channel.BasicPublishAsync("", Queue, mandatory: true, properties, body);
        return true;
    });

    /// <summary>Does something with a channel of the test's own, past the link.</summary>
    public async Task<T> WithChannelAsync<T>(Func<IChannel, Task<T>> work)
    {
        var factory = new ConnectionFactory { Uri = new Uri(_broker), AutomaticRecoveryEnabled = false };
        await using var connection = await factory.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true));
        return await work(channel);
    }

    private Task<bool> UntilCountAsync(string queue, Func<long, bool> condition) => WithChannelAsync(async channel =>
    {
        await UntilAsync(async () => condition(await channel.MessageCountAsync(queue)));
        return true;
    });

    private static async Task<long> CountAsync(DbConnection connection, string sql)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        return Convert.ToInt64(await command.ExecuteScalarAsync(), CultureInfo.InvariantCulture);
    }

    /// <summary>Ends the database's side of every transaction that a consumer has begun.</summary>
    /// <returns>How many.</returns>
    public Task<long> TerminateBackendsAsync() => CountAsync(
        """
        SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE application_name = 'csvingest' AND datname = current_database() AND xact_start IS NOT NULL
        """);
}
