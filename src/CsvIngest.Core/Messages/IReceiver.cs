using System.Diagnostics.CodeAnalysis;

namespace CsvIngest.Messages;

/// <summary>
/// Receives deliveries and settles each once. When the connection is lost it reconnects by itself; deliveries of the lost
/// connection come again, and settling the old ones does nothing. Not for concurrent use, but settling may run beside waiting.
/// </summary>
public interface IReceiver : IAsyncDisposable
{
    /// <summary>Whether deliveries can arrive now: connected, and the broker knows us as a consumer.</summary>
    bool IsReceiving { get; }

    /// <summary>
    /// Waits for a delivery. Ends early with an exception only where waiting cannot help.
    /// </summary>
    /// <exception cref="DeniedException">The broker refuses us for good (credentials, queue arguments).</exception>
    Task WaitAsync(CancellationToken cancellationToken);

    /// <summary>Takes the next delivery if one is there.</summary>
    bool TryReceive([NotNullWhen(true)] out Delivery? delivery);

    /// <summary>
    /// Settles deliveries of this receiver, all in the same way. Completes when the broker has been told
    /// (and, for dead letters, when the dead-letter queue has confirmed). A delivery of a lost connection is passed over: the
    /// broker has taken it back. Losing the connection meanwhile is no error, for the same reason.
    /// </summary>
    Task SettleAsync(IReadOnlyList<Delivery> deliveries, Outcome outcome, CancellationToken cancellationToken);

    /// <summary>
    /// Whether the queue holds no message that could be delivered now. Messages that this receiver holds unsettled do not
    /// count; those that others hold count where the broker cannot tell at once that their holder has died (SQLite), for they
    /// may yet come here. False while the broker is away.
    /// </summary>
    Task<bool> IsQueueEmptyAsync(CancellationToken cancellationToken);
}

/// <summary>One arrival of a message. The body belongs to the delivery and stays valid.</summary>
/// <param name="body">The bytes of the message.</param>
/// <param name="contentType">As the publisher set it; null when it set none.</param>
/// <param name="attempts">How often this message has been delivered before, as the broker counts; 0 for the first time.</param>
public abstract class Delivery(ReadOnlyMemory<byte> body, string? contentType, long attempts)
{
    /// <summary>The bytes of the message.</summary>
    public ReadOnlyMemory<byte> Body { get; } = body;

    /// <summary>As the publisher set it; null when it set none.</summary>
    public string? ContentType { get; } = contentType;

    /// <summary>How often this message has been delivered before, as the broker counts; 0 for the first time.</summary>
    public long Attempts { get; } = attempts;
}

/// <summary>What becomes of a delivery.</summary>
public abstract record Outcome
{
    private Outcome()
    {
    }

    /// <summary>Done: the broker forgets it.</summary>
    public static Outcome Ack { get; } = new Acked();

    /// <summary>Not handled, through no fault of the message: it is delivered again.</summary>
    public static Outcome Requeue { get; } = new Requeued();

    /// <summary>Cannot be handled: published to the dead-letter queue with a confirm, then acked.</summary>
    /// <param name="reason">A stable code, see <see cref="DeadLetterReasons"/>.</param>
    /// <param name="detail">What was found, for people; no row values.</param>
    public static Outcome DeadLetter(string reason, string detail) => new DeadLettered(reason, detail);

    /// <summary>See <see cref="Ack"/>.</summary>
    public sealed record Acked : Outcome;

    /// <summary>See <see cref="Requeue"/>.</summary>
    public sealed record Requeued : Outcome;

    /// <summary>See <see cref="DeadLetter"/>.</summary>
    public sealed record DeadLettered(string Reason, string Detail) : Outcome;
}

/// <summary>How a receiver behaves.</summary>
public sealed record ReceiverOptions
{
    /// <summary>
    /// How many deliveries may be in hand, unsettled. Raising it costs memory here and redeliveries after a crash.
    /// Defaults to 100.
    /// </summary>
    public ushort Prefetch { get; init; } = 100;
}
