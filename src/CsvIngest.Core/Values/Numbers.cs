using System.Buffers;
using System.Buffers.Text;
using CsvIngest.Datasets;

namespace CsvIngest.Values;

/// <summary>Whole and decimal numbers: ASCII digits, a sign, at most a decimal point.</summary>
internal static class Numbers
{
    /// <summary>Digits of a decimal, before and after the point. PostgreSQL lets a declared precision go as far.</summary>
    public const int MaxDigits = 1000;

    private static readonly SearchValues<byte> DigitsAndPoint = SearchValues.Create("0123456789."u8);
    private static readonly SearchValues<byte> NumberLike = SearchValues.Create("0123456789.,eE+-' "u8);
    private static readonly Refusal IntegerOutOfRange = Refusal.Not(ColumnType.Integer, "beyond 64 bits");
    private static readonly Refusal DecimalTooLong = Refusal.Not(ColumnType.Decimal, $"more than {MaxDigits} digits");
    private static readonly Refusals OfInteger = new(ColumnType.Integer);
    private static readonly Refusals OfDecimal = new(ColumnType.Decimal);

    /// <summary>An optional sign and digits; canonical without <c>+</c> and leading zeros.</summary>
    public static Refusal? CanonicalizeInteger(ReadOnlySpan<byte> value, Span<byte> target, out int length)
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
    /// An optional sign and digits with at most one point; canonical without <c>+</c> and leading zeros, with a digit on both
    /// sides of a point. The digits after the point stay as they stand: they tell the precision.
    /// </summary>
    public static Refusal? CanonicalizeDecimal(ReadOnlySpan<byte> value, Span<byte> target, out int length)
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

    private sealed class Refusals(ColumnType type)
    {
        private readonly Refusal _noDigits = Refusal.Not(type, "no digits");
        private readonly Refusal _separator = Refusal.Not(type, "a thousands separator or decimal comma; write 1234.56");
        private readonly Refusal _exponent = Refusal.Not(type, "an exponent, which may have cost digits");
        private readonly Refusal _points = Refusal.Not(type, "two decimal points");
        private readonly Refusal _other = Refusal.Not(type, "other characters than digits");

        public Refusal Point { get; } = Refusal.Not(type, "a decimal point");

        public Refusal Diagnose(ReadOnlySpan<byte> digits)
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
