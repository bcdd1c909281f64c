using CsvIngest.Datasets;

namespace CsvIngest.Values;

/// <summary>Why a row is rejected. Instances are shared, so that a rejected row costs no new one.</summary>
/// <param name="Code">One of <see cref="RejectCodes"/>.</param>
/// <param name="Column">
/// The dataset's column; empty where the record as a whole is at fault, or while it is not yet known which column a value belongs to.
/// </param>
/// <param name="Reason">For people; holds no value of the row.</param>
public sealed record RejectReason(string Code, string Column, string Reason)
{
    private RejectReason(string code, string reason)
        : this(code, string.Empty, reason)
    {
    }

    internal static RejectReason Missing { get; } = new(RejectCodes.MissingValue, "a value is required");

    internal static RejectReason Nul { get; } = new(RejectCodes.ForbiddenCharacter, "a NUL character, which no database text holds");

    internal static RejectReason NotUtf8 { get; } = new(RejectCodes.InvalidEncoding, "bytes that are no text");

    internal static RejectReason NoMatch { get; } = new(RejectCodes.PatternMismatch, "does not match the column's pattern");

    internal static RejectReason Longer(int maxLength) => new(RejectCodes.TooLong, $"longer than {maxLength} characters");

    /// <summary>A value that is not of its column's type.</summary>
    /// <param name="detail">What exactly is wrong with it.</param>
    internal static RejectReason Not(ColumnType type, string detail) => type switch
    {
        ColumnType.Email => new(RejectCodes.InvalidEmail, $"not an email address ({detail})"),
        ColumnType.Integer => new(RejectCodes.InvalidNumber, $"not a whole number ({detail})"),
        ColumnType.Decimal => new(RejectCodes.InvalidNumber, $"not a decimal number ({detail})"),
        ColumnType.Timestamp => new(RejectCodes.InvalidTimestamp, $"not a timestamp ({detail})"),
        ColumnType.Date => new(RejectCodes.InvalidDate, $"not a date ({detail})"),
        ColumnType.Boolean => new(RejectCodes.InvalidBoolean, $"not a boolean ({detail})"),
        ColumnType.Uuid => new(RejectCodes.InvalidUuid, $"not a UUID ({detail})"),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Any text is a text."),
    };
}
