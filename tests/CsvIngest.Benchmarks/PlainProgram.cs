using System.Diagnostics;
using System.Text;
using Npgsql;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace CsvIngest.Benchmarks;

/// <summary>
/// What a program without slices does: each row is a message that is confirmed, and each message one INSERT … ON CONFLICT that is committed
/// before the message is acknowledged. Nothing is validated, and there are no books.
/// </summary>
internal static class PlainProgram
{
    /// <summary>How many messages are published before the first of them must be confirmed, and how many a consumer holds.</summary>
    private const ushort Window = 200;

    private const int Consumers = 2;

    /// <summary>Returns how many seconds a file takes to the table.</summary>
    public static async Task<double> RunAsync(string file, string broker, string queue, string database)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using (var table = source.CreateCommand("DROP TABLE IF EXISTS plain; CREATE TABLE plain (email text PRIMARY KEY, row text)"))
        {
            await table.ExecuteNonQueryAsync();
        }

        await using var connection = await new ConnectionFactory { Uri = new Uri(broker) }.CreateConnectionAsync();
        await using var publishing = await connection.CreateChannelAsync(new CreateChannelOptions(
            publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true, outstandingPublisherConfirmationsRateLimiter: null));
        await publishing.QueueDeclareAsync(
            queue, durable: true, exclusive: false, autoDelete: false, new Dictionary<string, object?> { ["x-queue-type"] = "quorum" });

        var clock = Stopwatch.StartNew();
        var lines = File.ReadAllLines(file)[1..];
        var consumed = new CountdownEvent(lines.Length);
        for (var i = 0; i < Consumers; i++)
        {
            await ConsumeAsync(await connection.CreateChannelAsync(), queue, source, consumed);
        }

        var properties = new BasicProperties { Persistent = true };
        var window = new Queue<Task>();
        foreach (var line in lines)
        {
            window.Enqueue(publishing.BasicPublishAsync("", queue, mandatory: true, properties, Encoding.UTF8.GetBytes(line)).AsTask());
            if (window.Count == Window)
            {
                await window.Dequeue();
            }
        }

        while (window.TryDequeue(out var confirmed))
        {
            await confirmed;
        }

        await Task.Run(consumed.Wait);
        return clock.Elapsed.TotalSeconds;
    }

    private static async Task ConsumeAsync(IChannel channel, string queue, NpgsqlDataSource source, CountdownEvent consumed)
    {
        await channel.BasicQosAsync(0, Window, global: false);
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += async (_, delivery) =>
        {
            var row = Encoding.UTF8.GetString(delivery.Body.Span);
            await using var insert = source.CreateCommand("INSERT INTO plain VALUES ($1, $2) ON CONFLICT DO NOTHING");
            insert.Parameters.Add(new NpgsqlParameter<string> { TypedValue = row[..row.IndexOf(',', StringComparison.Ordinal)] });
            insert.Parameters.Add(new NpgsqlParameter<string> { TypedValue = row });
            await insert.ExecuteNonQueryAsync();
            await channel.BasicAckAsync(delivery.DeliveryTag, multiple: false);
            consumed.Signal();
        };
        await channel.BasicConsumeAsync(queue, autoAck: false, consumer);
    }
}
