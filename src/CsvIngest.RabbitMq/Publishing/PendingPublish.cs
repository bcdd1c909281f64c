using CsvIngest.Messages;

namespace CsvIngest.RabbitMq;

/// <summary>A message that has not been confirmed. Only the publisher's loop changes it.</summary>
/// <param name="sequence">Its position in the order of the calls.</param>
/// <param name="message">What to publish.</param>
/// <param name="deadLetter">Why it is dead-lettered, for its headers; null for all others.</param>
internal sealed class PendingPublish(long sequence, OutgoingMessage message, Outcome.DeadLettered? deadLetter)
{
    // Continuations run elsewhere: the caller's code must not delay the publisher's loop.
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public long Sequence => sequence;

    public OutgoingMessage Message => message;

    public Outcome.DeadLettered? DeadLetter => deadLetter;

    /// <summary>Completes when the message is confirmed.</summary>
    public Task Task => _done.Task;

    public bool Confirm() => _done.TrySetResult();

    public bool Fail(Exception error) => _done.TrySetException(error);

    public bool Cancel() => _done.TrySetCanceled();
}
