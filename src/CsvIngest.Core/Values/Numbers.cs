using System.Buffers;
using System.Buffers.Text;

namespace CsvIngest.Values;

/// <summary>Integers and decimal numbers: an optional sign, ASCII digits and at most one decimal point.</summary>
internal static class Numbers
{
    /// <summary>The most digits of a decimal, before and after the point together: PostgreSQL's limit for a declared precision.</summary>
    public const int MaxDigits = 1000;

    private static readonly SearchValues<byte> DigitsAndPoint = SearchValues.Create("0123456789."u8);
    private static readonly SearchValues<byte> NumberLike = SearchValues.Create("0123456789.,eE+-' "u8);
    private static readonly RejectReason IntegerOutOfRange = RejectReason.Not(ColumnType.Integer, "outside the 64-bit range");
    private static readonly RejectReason DecimalTooLong = RejectReason.Not(ColumnType.Decimal, $"more than {MaxDigits} digits");
    private static readonly Reasons OfInteger = new(ColumnType.Integer, "1234");
    private static readonly Reasons OfDecimal = new(ColumnType.Decimal, "1234.56");

    /// <summary>Accepts an optional sign and digits. The canonical form has no <c>+</c>, no leading zeros and no <c>-0</c>.</summary>
    public static RejectReason? CanonicalizeInteger(ReadOnlySpan<byte> value, Span<byte> target, out int length)
    {
        length = 0;
        var digits = SkipSign(value, out var negative);
        if (digits.IsEmpty || digits.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            return digits.Contains((byte)'.') && !digits.ContainsAnyExcept(DigitsAndPoint)
                ? OfInteger.Point
                : OfInteger.Diagnose(digits);
        }

        digits = digits.TrimStart((byte)'0');
        if (digits.IsEmpty)
        {
            digits = "0"u8;
            negative = false;
        }

        length = Write(digits, [], negative, target);
        if (digits.Length < 19 || (Utf8Parser.TryParse(target[..length], out long _, out var consumed) && consumed == length))
        {
            return null;
        }

        length = 0;
        return IntegerOutOfRange;
    }

    /// <summary>
    /// Accepts an optional sign and digits with at most one point. The canonical form has no <c>+</c> and no leading zeros,
    /// and has a digit on both sides of a point. Trailing zeros are kept, because they express the precision.
    /// </summary>
    public static RejectReason? CanonicalizeDecimal(ReadOnlySpan<byte> value, Span<byte> target, out int length)
    {
        length = 0;
        var digits = SkipSign(value, out var negative);
        var point = digits.IndexOf((byte)'.');
        var whole = point < 0 ? digits : digits[..point];
        var fraction = point < 0 ? [] : digits[(point + 1)..];
        if (whole.ContainsAnyExceptInRange((byte)'0', (byte)'9')
            || fraction.ContainsAnyExceptInRange((byte)'0', (byte)'9')
            || (whole.IsEmpty && fraction.IsEmpty))
        {
            return OfDecimal.Diagnose(digits);
        }

        whole = whole.TrimStart((byte)'0');
        if (whole.Length + fraction.Length > MaxDigits)
        {
            return DecimalTooLong;
        }

        if (whole.IsEmpty)
        {
            negative &= fraction.ContainsAnyExcept((byte)'0');
            whole = "0"u8;
        }

        length = Write(whole, fraction, negative, target);
        return null;
    }

    /// <summary>The reason for a number of more than <see cref="MaxDigits"/> digits.</summary>
    public static RejectReason TooLong(ColumnType type) => type == ColumnType.Integer ? IntegerOutOfRange : DecimalTooLong;

    private static ReadOnlySpan<byte> SkipSign(ReadOnlySpan<byte> value, out bool negative)
    {
        negative = value[0] == '-';
        return negative || value[0] == '+' ? value[1..] : value;
    }

    private static int Write(ReadOnlySpan<byte> whole, ReadOnlySpan<byte> fraction, bool negative, Span<byte> target)
    {
        var length = 0;
        if (negative)
        {
            target[length++] = (byte)'-';
        }

        whole.CopyTo(target[length..]);
        length += whole.Length;
        if (!fraction.IsEmpty)
        {
            target[length++] = (byte)'.';
            fraction.CopyTo(target[length..]);
            length += fraction.Length;
        }

        return length;
    }

    /// <param name="example">A number without thousands separators.</param>
    private sealed class Reasons(ColumnType type, string example)
    {
        private readonly RejectReason _noDigits = RejectReason.Not(type, "no digits");
        private readonly RejectReason _separator = RejectReason.Not(type, $"thousands separator or decimal comma; write {example}");
        private readonly RejectReason _exponent = RejectReason.Not(type, "exponent; digits may have been lost");
        private readonly RejectReason _points = RejectReason.Not(type, "more than one decimal point");
        private readonly RejectReason _other = RejectReason.Not(type, "contains characters other than digits");

        public RejectReason Point { get; } = RejectReason.Not(type, "contains a decimal point");

        public RejectReason Diagnose(ReadOnlySpan<byte> digits)
        {
            if (!digits.ContainsAnyInRange((byte)'0', (byte)'9'))
            {
                return digits.IsEmpty ? _noDigits : _other;
            }

            if (digits.ContainsAnyExcept(NumberLike))
            {
                return _other;
            }

            if (digits.ContainsAny(",' "u8))
            {
                return _separator;
            }

            if (digits.ContainsAny("eE"u8))
            {
                return _exponent;
            }

            return digits.Count((byte)'.') > 1 ? _points : _other;
        }
    }
}
