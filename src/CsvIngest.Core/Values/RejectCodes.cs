namespace CsvIngest.Values;

/// <summary>
/// Why a row is refused: stable codes, in the errors file, the messages and the database. docs/rejects.md explains each;
/// a test compares the two.
/// </summary>
public static class RejectCodes
{
    /// <summary>A required column is empty.</summary>
    public const string MissingValue = "missing-value";

    /// <summary>Not an email address.</summary>
    public const string InvalidEmail = "invalid-email";

    /// <summary>Not an integer or decimal, or out of range.</summary>
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

    /// <summary>Holds a character that no database text takes (NUL).</summary>
    public const string ForbiddenCharacter = "forbidden-character";

    /// <summary>Holds bytes that are not text in the file's encoding.</summary>
    public const string InvalidEncoding = "invalid-encoding";

    /// <summary>More fields than the file has columns.</summary>
    public const string TooManyFields = "too-many-fields";

    /// <summary>Fewer fields than the file has columns.</summary>
    public const string TooFewFields = "too-few-fields";

    /// <summary>A quote is opened and never closed.</summary>
    public const string UnbalancedQuote = "unbalanced-quote";

    /// <summary>The record is larger than the limit.</summary>
    public const string RecordTooLarge = "record-too-large";

    /// <summary>The header again, further down.</summary>
    public const string RepeatedHeader = "repeated-header";

    /// <summary>The database refused the row; the reason is the database's.</summary>
    public const string DatabaseRejected = "database-refused";
}
