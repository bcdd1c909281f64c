using CsvIngest.Values;

namespace CsvIngest.Producer.Reading;

/// <summary>The faults that a record can have as a record, in words.</summary>
internal static class RecordFaults
{
    public static Fault InvalidEncoding(FileShape shape, int field)
    {
        var where = field < 0 ? "The record" : $"Field {field + 1}";
        return new Fault(RejectCodes.InvalidEncoding, string.Empty, $"{where} holds bytes that are not {shape.Encoding}.");
    }

    public static Fault Width(int expected, int found) => found > expected
        ? new Fault(RejectCodes.TooManyFields, string.Empty, $"{found} fields; a row has {expected}.")
        : new Fault(RejectCodes.TooFewFields, string.Empty, $"{found} fields; a row has {expected}.");

    public static Fault UnbalancedQuote(long lines) => new(
        RejectCodes.UnbalancedQuote,
        string.Empty,
        lines > 1
            ? $"A quote is not closed where a field ends. The record reaches over {lines} lines, to the next whole one."
            : "A quote is not closed where a field ends.");

    public static Fault TooLarge(int limit) =>
        new(RejectCodes.RecordTooLarge, string.Empty, $"The record is larger than {limit} bytes.");

    public static Fault RepeatedHeader(long line) =>
        new(RejectCodes.RepeatedHeader, string.Empty, $"The header of line {line} again.");
}
