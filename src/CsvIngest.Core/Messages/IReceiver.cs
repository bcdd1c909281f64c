using System.Diagnostics.CodeAnalysis;

namespace CsvIngest.Messages;

/// <summary>
/// Receives deliveries and settles each once. When the connection is lost it reconnects by itself; the deliveries of the lost
/// connection are delivered again, and settling the old ones does nothing. Not for concurrent use, but settling may run beside waiting.
/// </summary>
public interface IReceiver : IAsyncDisposable
{
    /// <summary>Whether deliveries can arrive now: it is connected, and the broker has it as a consumer.</summary>
    bool IsReceiving { get; }

    /// <summary>
    /// Waits for a delivery, through any number of lost connections.
    /// </summary>
    /// <exception cref="DeniedException">The broker denies access (credentials, queue arguments).</exception>
    Task WaitAsync(CancellationToken cancellationToken);

    /// <summary>Takes the next delivery that has arrived, if there is one.</summary>
    bool TryReceive([NotNullWhen(true)] out Delivery? delivery);

    /// <summary>
    /// Settles deliveries of this receiver, all in the same way. Completes when the settlement was sent
    /// (and, for dead letters, when the dead-letter queue has confirmed). A delivery of a lost connection is skipped: the
    /// broker has taken it back. To lose the connection meanwhile is not an error, for the same reason.
    /// </summary>
    Task SettleAsync(IReadOnlyList<Delivery> deliveries, Outcome outcome, CancellationToken cancellationToken);

    /// <summary>
    /// Whether the queue holds no message that could be delivered now. Messages that this receiver holds unsettled do not
    /// count; those that others hold count where the broker does not detect at once that their receiver has died (SQLite), for they
    /// may still be delivered here. False while the broker is unavailable.
    /// </summary>
    Task<bool> IsQueueEmptyAsync(CancellationToken cancellationToken);
}

/// <summary>One arrival of a message. The body belongs to the delivery and stays valid.</summary>
/// <param name="body">The bytes of the message.</param>
/// <param name="contentType">The content type that the publisher set; null when it set none.</param>
/// <param name="attempts">How often this message has been delivered before, as the broker counts; 0 for the first time.</param>
public abstract class Delivery(ReadOnlyMemory<byte> body, string? contentType, long attempts)
{
    /// <summary>The bytes of the message.</summary>
    public ReadOnlyMemory<byte> Body { get; } = body;

    /// <summary>The content type that the publisher set; null when it set none.</summary>
    public string? ContentType { get; } = contentType;

    /// <summary>How often this message has been delivered before, as the broker counts; 0 for the first time.</summary>
    public long Attempts { get; } = attempts;

    /// <summary>The span that has sent the message, as <see cref="Telemetry.TraceParent"/> has it; null if it was sent without one.</summary>
    public string? TraceParent { get; init; }
}

/// <summary>How a delivery is settled.</summary>
public abstract record Outcome
{
    private Outcome()
    {
    }

    /// <summary>It is done: the broker removes the message.</summary>
    public static Outcome Ack { get; } = new Acked();

    /// <summary>It was not handled, for a reason that is not in the message: the message is delivered again.</summary>
    public static Outcome Requeue { get; } = new Requeued();

    /// <summary>It cannot be handled: the message is published to the dead-letter queue with a confirm, then acked.</summary>
    /// <param name="reason">A stable code, see <see cref="DeadLetterReasons"/>.</param>
    /// <param name="detail">What was found, for people; no row values.</param>
    public static DeadLettered DeadLetter(string reason, string detail) => new(reason, detail);

    /// <inheritdoc cref="Ack"/>
    public sealed record Acked : Outcome;

    /// <inheritdoc cref="Requeue"/>
    public sealed record Requeued : Outcome;

    /// <inheritdoc cref="DeadLetter"/>
    public sealed record DeadLettered(string Reason, string Detail) : Outcome;
}

/// <summary>How a receiver behaves.</summary>
public sealed record ReceiverOptions
{
    /// <summary>
    /// How many deliveries may be unsettled. Raising it costs memory here and redeliveries after a crash.
    /// Defaults to 100.
    /// </summary>
    public ushort Prefetch { get; init; } = 100;

    /// <summary>
    /// Whether nothing can be processed now. While it returns true, a lost connection is not replaced, if the broker counts how often a
    /// message is delivered: it would take back what is held too long again and again, until that is dead-lettered. Called about once a
    /// second. Defaults to never.
    /// </summary>
    public Func<bool> IsHeldUp { get; init; } = () => false;
}
