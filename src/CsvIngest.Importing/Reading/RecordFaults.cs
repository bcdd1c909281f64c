using CsvIngest.Values;

namespace CsvIngest.Importing.Reading;

/// <summary>The faults that a record can have as a record, in words.</summary>
internal static class RecordFaults
{
    public static RejectReason RepeatedHeader { get; } = new(RejectCodes.RepeatedHeader, string.Empty, "the header again");

    public static RejectReason InvalidEncoding(string encoding) =>
        new(RejectCodes.InvalidEncoding, string.Empty, $"bytes that are no text in {encoding}");

    public static RejectReason Width(int expected, int found) => new(
        found > expected ? RejectCodes.TooManyFields : RejectCodes.TooFewFields,
        string.Empty,
        $"{found} fields, expected {expected}");

    public static RejectReason UnbalancedQuote(long lines) => new(
        RejectCodes.UnbalancedQuote,
        string.Empty,
        "a quote is opened and never closed" + (lines > 1 ? $" ({lines} lines, up to the next whole record)" : string.Empty));

    public static RejectReason TooLarge(int limit) => new(RejectCodes.RecordTooLarge, string.Empty, $"larger than {limit} bytes");
}
