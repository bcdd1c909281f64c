namespace CsvIngest.Messages;

/// <summary>Publishes messages, persistent and confirmed, in the order of the calls.</summary>
public interface IPublisher : IAsyncDisposable
{
    /// <summary>What the publisher waits for now, for the progress display.</summary>
    BrokerCondition Condition { get; }

    /// <summary>
    /// Publishes a message. The task completes when the broker has confirmed the message, after as many attempts as that takes: a message
    /// whose fate is unknown is published again, so it may arrive twice.
    /// The call itself does not wait, so the caller limits how many are outstanding. Not for concurrent use.
    /// </summary>
    /// <param name="message">Must not change until the task completes.</param>
    /// <exception cref="BrokerUnavailableException">
    /// Nothing was confirmed for <see cref="PublisherOptions.Timeout"/>: this and every outstanding publish fails.
    /// </exception>
    /// <exception cref="DeniedException">The broker denies access (credentials, queue arguments).</exception>
    Task PublishAsync(OutgoingMessage message);
}

/// <summary>A message to publish.</summary>
/// <param name="Body">The bytes of the message.</param>
/// <param name="ContentType"><see cref="ContentTypes.Protobuf"/> or <see cref="ContentTypes.Json"/>.</param>
/// <param name="IsUrgent">
/// Whether it may overtake messages that wait in the queue. RabbitMQ before 4.0 delivers it in its turn. Defaults to false.
/// </param>
public sealed record OutgoingMessage(ReadOnlyMemory<byte> Body, string ContentType = ContentTypes.Protobuf, bool IsUrgent = false)
{
    /// <summary>The span that sends it, as <see cref="Telemetry.TraceParent"/> has it; it arrives with every delivery. Defaults to null: none.</summary>
    public string? TraceParent { get; init; }
}

/// <summary>How a publisher behaves.</summary>
public sealed record PublisherOptions
{
    /// <summary>
    /// How long outstanding messages may wait without a single confirm before the publisher gives up. A broker that blocks publishers, or
    /// whose queue is full, is waited for without limit. Defaults to 30 s.
    /// </summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);
}

/// <summary>What a publisher is waiting for.</summary>
public enum BrokerCondition
{
    /// <summary>Nothing: it is connected, and the broker accepts messages.</summary>
    Flowing,

    /// <summary>A connection, the first or a new one.</summary>
    Connecting,

    /// <summary>The broker blocks publishers (memory or disk alarm).</summary>
    Blocked,

    /// <summary>The queue is full and rejects messages.</summary>
    QueueFull,
}

/// <summary>The content types a consumer accepts.</summary>
public static class ContentTypes
{
    /// <summary>An <c>ImportMessage</c> in Protocol Buffers encoding; the default for a message without a content type.</summary>
    public const string Protobuf = "application/x-protobuf";

    /// <summary>The canonical JSON form of the same message.</summary>
    public const string Json = "application/json";
}
