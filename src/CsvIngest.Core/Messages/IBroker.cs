namespace CsvIngest.Messages;

/// <summary>
/// The message seam: one durable queue and its dead-letter queue, on one broker.
/// Every implementation passes <c>BrokerContract</c>.
/// </summary>
public interface IBroker : IAsyncDisposable
{
    /// <summary>The address as it may be shown to people: without password.</summary>
    string DisplayAddress { get; }

    /// <summary>What kind of broker it is, as the attribute <c>messaging.system</c> of OpenTelemetry has it, such as <c>rabbitmq</c>.</summary>
    string System { get; }

    /// <summary>
    /// Creates the queue and its dead-letter queue where they are missing, and checks them where they exist.
    /// Makes one attempt.
    /// </summary>
    /// <exception cref="BrokerUnavailableException">The broker is unavailable now; trying again may help.</exception>
    /// <exception cref="DeniedException">
    /// The broker denies access, or the queue exists with other arguments: the message names the found and the expected value.
    /// </exception>
    Task PrepareAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Opens a publisher. It connects by itself and reconnects as often as needed, so this neither waits nor fails when the
    /// broker is unavailable.
    /// </summary>
    IPublisher OpenPublisher(PublisherOptions options);

    /// <summary>Opens a receiver. It connects and reconnects by itself, so this neither waits nor fails.</summary>
    IReceiver OpenReceiver(ReceiverOptions options);

    /// <summary>
    /// Counts the messages in the queue and in the dead-letter queue, and the consumers of the queue. Receives no message and creates
    /// nothing; a queue that does not exist counts as empty. Makes one attempt.
    /// </summary>
    /// <exception cref="BrokerUnavailableException">The broker is unavailable now.</exception>
    /// <exception cref="DeniedException">The broker denies access.</exception>
    Task<QueueLengths> CountAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Reads the dead letters that are in the dead-letter queue now, oldest first. They stay there. Together they may not fit in memory,
    /// so the caller decides what to keep of each.
    /// </summary>
    /// <param name="read">Called once for each letter.</param>
    Task ReadDeadLettersAsync(Action<DeadLetter> read, CancellationToken cancellationToken);

    /// <summary>
    /// Publishes the chosen dead letters to the queue again. Each is removed from the dead-letter queue only after its publish was
    /// confirmed. When this is interrupted, a letter may be in both queues, which the ledger makes harmless.
    /// Letters that arrive meanwhile are left for the next call.
    /// </summary>
    /// <param name="chosen">Which of the letters to replay.</param>
    /// <returns>How many were replayed.</returns>
    Task<int> ReplayDeadLettersAsync(Func<DeadLetter, bool> chosen, CancellationToken cancellationToken);

    /// <summary>Removes the chosen dead letters for good, oldest first. Letters that arrive meanwhile stay.</summary>
    /// <param name="chosen">Which of the letters to remove.</param>
    /// <param name="atMost">
    /// How many to remove at most: the number that a person has agreed to, when others may have arrived since. Null for all.
    /// </param>
    /// <returns>How many were removed.</returns>
    Task<int> PurgeDeadLettersAsync(Func<DeadLetter, bool> chosen, int? atMost, CancellationToken cancellationToken);
}

/// <summary>How many messages are at the broker.</summary>
/// <param name="Messages">
/// In the queue. Messages that a consumer holds unsettled are not among them where the broker does not count them (RabbitMQ).
/// </param>
/// <param name="DeadLetters">In the dead-letter queue.</param>
public sealed record QueueLengths(long Messages, long DeadLetters)
{
    /// <summary>
    /// Receivers of the queue, of which a consumer program may have several. Those of a program that was killed are among them until their
    /// connection or lease ends. Null if that is not known.
    /// </summary>
    public int? Consumers { get; init; }

    /// <summary>How many messages of the queue consumers hold unsettled. Null where these are not counted as in the queue (RabbitMQ).</summary>
    public long? Unsettled { get; init; }
}
