using CsvIngest.Datasets;

namespace CsvIngest.Values;

/// <summary>Why a value has no canonical form, before it is known which column it stands in. Instances are shared.</summary>
/// <param name="Code">One of <see cref="RejectCodes"/>.</param>
/// <param name="Reason">For people; holds no value.</param>
internal sealed record Refusal(string Code, string Reason)
{
    public static Refusal Missing { get; } = new(RejectCodes.MissingValue, "a value is required");

    public static Refusal Nul { get; } = new(RejectCodes.ForbiddenCharacter, "a NUL character, which no database text holds");

    public static Refusal NotUtf8 { get; } = new(RejectCodes.InvalidEncoding, "bytes that are no text");

    public static Refusal NoMatch { get; } = new(RejectCodes.PatternMismatch, "does not match the column's pattern");

    public static Refusal Longer(int maxLength) => new(RejectCodes.TooLong, $"longer than {maxLength} characters");

    /// <summary>A value that is not of its column's type.</summary>
    /// <param name="detail">What exactly is wrong with it.</param>
    public static Refusal Not(ColumnType type, string detail) => type switch
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
