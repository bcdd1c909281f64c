namespace CsvIngest.Messages;

/// <summary>A message in the dead-letter queue.</summary>
/// <param name="Body">The message as it was.</param>
/// <param name="ContentType">As the publisher set it.</param>
/// <param name="Reason">A stable code, see <see cref="DeadLetterReasons"/>.</param>
/// <param name="Detail">What was found, for people; empty when the broker dead-lettered it.</param>
/// <param name="At">When it was dead-lettered, UTC; null when unknown.</param>
public sealed record DeadLetter(
    ReadOnlyMemory<byte> Body, string? ContentType, string Reason, string Detail, DateTimeOffset? At);

/// <summary>Why a message is dead-lettered: stable codes, listed in docs/message-format.md.</summary>
public static class DeadLetterReasons
{
    /// <summary>The body is not an ImportMessage in the form that its content type says.</summary>
    public const string Undecodable = "undecodable";

    /// <summary>The message is well-formed but says something impossible.</summary>
    public const string Invalid = "invalid-message";

    /// <summary>No dataset of that name is known here.</summary>
    public const string UnknownDataset = "unknown-dataset";

    /// <summary>The slice is in the ledger already, with other lines.</summary>
    public const string SliceConflict = "slice-conflict";

    /// <summary>It was delivered too often without being settled: it seems to kill whoever handles it.</summary>
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
