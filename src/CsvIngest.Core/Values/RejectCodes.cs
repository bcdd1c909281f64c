namespace CsvIngest.Values;

/// <summary>
/// The stable codes for why a row is rejected, as used in errors files, messages and the database. docs/rejects.md explains
/// each code; a test compares the two.
/// </summary>
public static class RejectCodes
{
    /// <summary>A required column has no value.</summary>
    public const string MissingValue = "missing-value";

    /// <summary>Not an email address.</summary>
    public const string InvalidEmail = "invalid-email";

    /// <summary>The domain of an email address does not exist, or accepts no mail.</summary>
    public const string UnknownDomain = "unknown-domain";

    /// <summary>Not an integer or decimal number, or out of range.</summary>
    public const string InvalidNumber = "invalid-number";

    /// <summary>Not a timestamp.</summary>
    public const string InvalidTimestamp = "invalid-timestamp";

    /// <summary>Not a date.</summary>
    public const string InvalidDate = "invalid-date";

    /// <summary>Not a boolean.</summary>
    public const string InvalidBoolean = "invalid-boolean";

    /// <summary>Not a UUID.</summary>
    public const string InvalidUuid = "invalid-uuid";

    /// <summary>Longer than the column's maxLength.</summary>
    public const string TooLong = "too-long";

    /// <summary>Does not match the column's pattern.</summary>
    public const string PatternMismatch = "pattern-mismatch";

    /// <summary>Contains a character that databases cannot store (NUL).</summary>
    public const string ForbiddenCharacter = "forbidden-character";

    /// <summary>Contains bytes that are not valid in the file's encoding.</summary>
    public const string InvalidEncoding = "invalid-encoding";

    /// <summary>More fields than the file has columns.</summary>
    public const string TooManyFields = "too-many-fields";

    /// <summary>Fewer fields than the file has columns.</summary>
    public const string TooFewFields = "too-few-fields";

    /// <summary>A quoted field is not terminated.</summary>
    public const string UnbalancedQuote = "unbalanced-quote";

    /// <summary>The record is larger than the limit.</summary>
    public const string RecordTooLarge = "record-too-large";

    /// <summary>A repeated header row.</summary>
    public const string RepeatedHeader = "repeated-header";

    /// <summary>
    /// Not a row: the file as a whole is unusable. Only in the errors file of a file that was set aside for that reason, as its last line.
    /// </summary>
    public const string UnusableFile = "unusable-file";

    /// <summary>The database rejected the row. The reason is the database's own message. (Codes are stable, so this keeps its word.)</summary>
    public const string DatabaseRejected = "database-refused";

    /// <summary>All codes of rows.</summary>
    internal static IReadOnlySet<string> All { get; } = new HashSet<string>(StringComparer.Ordinal)
    {
        MissingValue, InvalidEmail, UnknownDomain, InvalidNumber, InvalidTimestamp, InvalidDate, InvalidBoolean, InvalidUuid, TooLong,
        PatternMismatch, ForbiddenCharacter, InvalidEncoding, TooManyFields, TooFewFields, UnbalancedQuote, RecordTooLarge, RepeatedHeader,
        DatabaseRejected,
    };
}
