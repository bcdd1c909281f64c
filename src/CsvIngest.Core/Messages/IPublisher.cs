namespace CsvIngest.Messages;

/// <summary>Publishes messages, persistent and confirmed, in the order of the calls.</summary>
public interface IPublisher : IAsyncDisposable
{
    /// <summary>What the broker does at the moment, for the progress display.</summary>
    BrokerCondition Condition { get; }

    /// <summary>
    /// Publishes a message. The task completes when the broker has taken responsibility for it (stored and confirmed), after
    /// as many attempts as that takes: a message whose fate is unknown is published again, so it may arrive twice.
    /// The call itself does not wait, so the caller limits how many are outstanding. Not for concurrent use.
    /// </summary>
    /// <param name="message">Must not change until the task completes.</param>
    /// <exception cref="BrokerUnavailableException">
    /// Nothing was confirmed for <see cref="PublisherOptions.Timeout"/>: this and every outstanding publish fails.
    /// </exception>
    /// <exception cref="DeniedException">The broker refuses us for good (credentials, queue arguments).</exception>
    Task PublishAsync(OutgoingMessage message);
}

/// <param name="Body">The bytes of the message.</param>
/// <param name="ContentType"><see cref="ContentTypes.Protobuf"/> or <see cref="ContentTypes.Json"/>.</param>
public sealed record OutgoingMessage(ReadOnlyMemory<byte> Body, string ContentType = ContentTypes.Protobuf);

/// <summary>How a publisher behaves.</summary>
public sealed record PublisherOptions
{
    /// <summary>
    /// How long outstanding messages may go without any progress before the publisher gives up. A broker that says it blocks
    /// publishers, or whose queue is full, is waited for without limit. Defaults to 30 s.
    /// </summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);
}

/// <summary>What a publisher is waiting for.</summary>
public enum BrokerCondition
{
    /// <summary>Nothing: connected and taking messages.</summary>
    Flowing,

    /// <summary>A connection, the first or a new one.</summary>
    Connecting,

    /// <summary>The broker blocks publishers (memory or disk alarm).</summary>
    Blocked,

    /// <summary>The queue is full and turns messages away.</summary>
    QueueFull,
}

/// <summary>The content types a consumer accepts.</summary>
public static class ContentTypes
{
    /// <summary>An <c>ImportMessage</c> in Protocol Buffers encoding; also what a missing content type means.</summary>
    public const string Protobuf = "application/x-protobuf";

    /// <summary>The canonical JSON form of the same message.</summary>
    public const string Json = "application/json";
}
