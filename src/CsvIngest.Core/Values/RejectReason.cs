namespace CsvIngest.Values;

/// <summary>Why a row is rejected. Instances are shared, so that a rejected row allocates nothing.</summary>
/// <param name="Code">One of <see cref="RejectCodes"/>.</param>
/// <param name="Column">
/// The dataset's column; empty if the whole record is at fault, or while the column of a value is not known yet.
/// </param>
/// <param name="Reason">A text for people. It never contains a value of the row.</param>
public sealed record RejectReason(string Code, string Column, string Reason)
{
    private RejectReason(string code, string reason)
        : this(code, string.Empty, reason)
    {
    }

    internal static RejectReason Missing { get; } = new(RejectCodes.MissingValue, "a value is required");

    internal static RejectReason Nul { get; } = new(RejectCodes.ForbiddenCharacter, "contains a NUL character, which databases cannot store");

    internal static RejectReason NotUtf8 { get; } = new(RejectCodes.InvalidEncoding, "not valid UTF-8");

    internal static RejectReason NoMatch { get; } = new(RejectCodes.PatternMismatch, "does not match the column's pattern");

    internal static RejectReason Longer(int maxLength) => new(RejectCodes.TooLong, $"longer than {maxLength} characters");

    /// <summary>The reason for a value that is not of its column's type.</summary>
    /// <param name="detail">What is wrong with the value.</param>
    internal static RejectReason Not(ColumnType type, string detail) => type switch
    {
        ColumnType.Email => new(RejectCodes.InvalidEmail, $"not an email address ({detail})"),
        ColumnType.Integer => new(RejectCodes.InvalidNumber, $"not a whole number ({detail})"),
        ColumnType.Decimal => new(RejectCodes.InvalidNumber, $"not a decimal number ({detail})"),
        ColumnType.Timestamp => new(RejectCodes.InvalidTimestamp, $"not a timestamp ({detail})"),
        ColumnType.Date => new(RejectCodes.InvalidDate, $"not a date ({detail})"),
        ColumnType.Boolean => new(RejectCodes.InvalidBoolean, $"not a boolean ({detail})"),
        ColumnType.Uuid => new(RejectCodes.InvalidUuid, $"not a UUID ({detail})"),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Text has no format that a value could violate."),
    };
}
