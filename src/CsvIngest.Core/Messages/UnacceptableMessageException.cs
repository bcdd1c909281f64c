namespace CsvIngest.Messages;

/// <summary>A message that cannot be handled, now or later: it belongs in the dead-letter queue.</summary>
/// <param name="reason">One of <see cref="DeadLetterReasons"/>.</param>
/// <param name="detail">What was found, for people; no row values.</param>
public sealed class UnacceptableMessageException(string reason, string detail, Exception? inner = null)
    : Exception(detail, inner)
{
    /// <summary>One of <see cref="DeadLetterReasons"/>.</summary>
    public string Reason { get; } = reason;
}
