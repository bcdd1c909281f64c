using CsvIngest.Values;

namespace CsvIngest.Importing.Records;

/// <summary>Why a record is rejected as a record, whatever its values mean.</summary>
/// <param name="headers">The values of the header's records.</param>
/// <param name="width">How many fields a record has.</param>
internal sealed class RecordChecks(IReadOnlyList<byte[][]> headers, RecordWidth width)
{
    private static readonly RejectReason RepeatedHeader = new(RejectCodes.RepeatedHeader, string.Empty, "repeated header row");

    private readonly byte[][][] _headers = [.. headers];

    /// <summary>Checks a record that was cut and whose bytes are valid text.</summary>
    /// <returns>Null if the record is whole.</returns>
    public RejectReason? Check(FieldTable fields, ReadOnlySpan<byte> text)
    {
        if (IsHeader(fields, text))
        {
            return RepeatedHeader;
        }

        return width.Fits(fields, text)
            ? null
            : new RejectReason(
                fields.Count > width.Columns ? RejectCodes.TooManyFields : RejectCodes.TooFewFields, string.Empty, $"{Quantity.Of(fields.Count, "field")}, expected {width}");
    }

    public static RejectReason InvalidEncoding(string encoding) => new(RejectCodes.InvalidEncoding, string.Empty, $"not valid {encoding}");

    /// <param name="lines">How many lines the rejected record has.</param>
    public static RejectReason UnbalancedQuote(long lines) => new(
        RejectCodes.UnbalancedQuote,
        string.Empty,
        "unterminated quoted field" + (lines > 1 ? $" ({lines} lines, up to the next whole record)" : string.Empty));

    public static RejectReason TooLarge(int limit) => new(RejectCodes.RecordTooLarge, string.Empty, $"larger than {limit} bytes");

    private bool IsHeader(FieldTable fields, ReadOnlySpan<byte> text)
    {
        foreach (var header in _headers)
        {
            var count = fields.Count;
            var index = count == header.Length ? 0 : count + 1;
            while (index < count && fields.Get(text, index).SequenceEqual(header[index]))
            {
                index++;
            }

            if (index == count)
            {
                return true;
            }
        }

        return false;
    }
}
