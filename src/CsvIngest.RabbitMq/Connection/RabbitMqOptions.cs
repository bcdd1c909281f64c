using System.Text;
using CsvIngest.Settings;

namespace CsvIngest.RabbitMq;

/// <summary>Where the broker is, which queue to use, and how long to wait for what.</summary>
public sealed record RabbitMqOptions
{
    /// <summary>The protocol's limit for names; the dead-letter queue's name must fit too.</summary>
    private const int MaxQueueNameBytes = 255 - 12;

    /// <summary>The address of the broker. All connections share it, so that what one of them reads again holds for all.</summary>
    public required RenewableAddress<RabbitMqAddress> Address { get; init; }

    /// <summary>The queue. Its dead-letter queue has the same name with <c>.dead-letter</c> after it.</summary>
    public required string Queue { get; init; }

    /// <summary>How long one attempt to connect to one host may take. Defaults to 10 s, a guess: several round trips.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long the broker may take to answer one request, such as declaring a queue. Defaults to 15 s, a guess: a quorum
    /// queue that lost its leader needs a few seconds to elect another.
    /// </summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// The AMQP heartbeat: a half-open connection is detected after about two of these. Lowering it risks false alarms on a busy machine.
    /// Defaults to 15 s; the broker's documentation recommends 5 to 20 s.
    /// </summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// How long published messages may wait without a single confirm before the connection is abandoned and they are published again on
    /// a new one. Defaults to 15 s, a guess: far above a slow disk, below the 30 s after which a publisher gives up.
    /// </summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// How long published messages may wait without a single confirm before the broker is asked whether the queue has a leader. Defaults to
    /// 5 s, a guess: an election usually takes less.
    /// </summary>
    public TimeSpan LeaderTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How often a receiver to which nothing is delivered checks whether the queue holds messages. The second time in a row that it does,
    /// the receiver reconnects; the second time that it does not, the receiver renews its consumer if the broker is older than 4.0.
    /// Each costs the broker a few requests. Defaults to 10 s, a guess.
    /// </summary>
    public TimeSpan WatchInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long closing a connection may take before its socket is closed anyway. Defaults to 3 s, a guess.</summary>
    public TimeSpan CloseTimeout { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>The clock of every delay and deadline. Defaults to the system's.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Where dead letters go.</summary>
    public string DeadLetterQueue => Queue + ".dead-letter";

    /// <summary>The address as it may be shown to people: without password.</summary>
    public string DisplayAddress => $"{Address.Current}";

    /// <summary>The options for an address that does not change, with all defaults.</summary>
    /// <exception cref="UsageException">What is wrong, without showing the password.</exception>
    public static RabbitMqOptions Parse(string address, string queue) => Parse(new ConfiguredAddress(address), queue);

    /// <summary>The options for an address, with all defaults.</summary>
    /// <param name="address">See <see cref="RabbitMqAddress.Parse"/>.</param>
    /// <param name="queue">The queue.</param>
    /// <exception cref="UsageException">What is wrong, without showing the password.</exception>
    public static RabbitMqOptions Parse(ConfiguredAddress address, string queue)
    {
        CheckQueue(queue);
        return new RabbitMqOptions
        {
            Address = new RenewableAddress<RabbitMqAddress>(address, RabbitMqAddress.Parse, TimeProvider.System),
            Queue = queue,
        };
    }

    /// <summary>Without the password, which the compiler's own text would show.</summary>
    public override string ToString() => $"{DisplayAddress}, queue {Queue}";

    private static void CheckQueue(string queue)
    {
        if (string.IsNullOrWhiteSpace(queue))
        {
            throw new UsageException("The queue name is empty (--queue).");
        }

        if (Encoding.UTF8.GetByteCount(queue) > MaxQueueNameBytes)
        {
            throw new UsageException($"The queue name is longer than {MaxQueueNameBytes} bytes (--queue).");
        }

        if (queue.StartsWith("amq.", StringComparison.Ordinal))
        {
            throw new UsageException("The queue name starts with \"amq.\", which is reserved for the broker itself (--queue).");
        }
    }
}
