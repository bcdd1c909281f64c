namespace CsvIngest.Values;

/// <summary>The types that a column may have. Each has one canonical form; see docs/datasets.md.</summary>
public enum ColumnType
{
    /// <summary>Any text without NUL.</summary>
    Text,

    /// <summary>An email address; see docs/email.md.</summary>
    Email,

    /// <summary>A signed 64-bit integer.</summary>
    Integer,

    /// <summary>An exact decimal number.</summary>
    Decimal,

    /// <summary>A point in time, in UTC, with a precision of one microsecond.</summary>
    Timestamp,

    /// <summary>A calendar day.</summary>
    Date,

    /// <summary>True or false.</summary>
    Boolean,

    /// <summary>A UUID.</summary>
    Uuid,
}
