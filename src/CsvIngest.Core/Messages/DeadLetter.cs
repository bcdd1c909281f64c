namespace CsvIngest.Messages;

/// <summary>A message in the dead-letter queue.</summary>
/// <param name="Body">The body of the message, unchanged.</param>
/// <param name="ContentType">The content type that the publisher set.</param>
/// <param name="Reason">A stable code, see <see cref="DeadLetterReasons"/>.</param>
/// <param name="Detail">What was found, for people; empty when the broker dead-lettered it.</param>
/// <param name="At">When it was dead-lettered, UTC; null when unknown.</param>
public sealed record DeadLetter(
    ReadOnlyMemory<byte> Body, string? ContentType, string Reason, string Detail, DateTimeOffset? At)
{
    /// <summary>The span that has sent the message; a replay keeps it. Null if it was sent without one.</summary>
    public string? TraceParent { get; init; }
}

/// <summary>Why a message is dead-lettered: stable codes, listed in docs/message-format.md.</summary>
public static class DeadLetterReasons
{
    /// <summary>The body is not an ImportMessage of its content type.</summary>
    public const string Undecodable = "undecodable";

    /// <summary>The message is well-formed but fails a check.</summary>
    public const string Invalid = "invalid-message";

    /// <summary>The consumer has no dataset of that name.</summary>
    public const string UnknownDataset = "unknown-dataset";

    /// <summary>The ledger has the slice already, with other lines or another number of rows.</summary>
    public const string SliceConflict = "slice-conflict";

    /// <summary>Its import was undone, or is being undone.</summary>
    public const string UndoneImport = "undone-import";

    /// <summary>It was delivered too often without being settled: it probably kills the consumers that receive it.</summary>
    public const string DeliveryLimit = "delivery-limit";
}

/// <summary>The headers on a dead letter.</summary>
public static class DeadLetterHeaders
{
    /// <summary>One of <see cref="DeadLetterReasons"/>.</summary>
    public const string Reason = "csvingest-reason";

    /// <summary>What was found, for people.</summary>
    public const string Detail = "csvingest-detail";
}
