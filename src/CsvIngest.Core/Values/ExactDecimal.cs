using System.Globalization;
using System.Numerics;

namespace CsvIngest.Values;

/// <summary>
/// A decimal number of any length, which can be added without rounding. Like PostgreSQL's <c>numeric</c>, a sum has as many digits after
/// the point as the summand that has the most.
/// </summary>
public readonly record struct ExactDecimal
{
    private readonly BigInteger _digits;
    private readonly int _scale;

    private ExactDecimal(BigInteger digits, int scale) => (_digits, _scale) = (digits, scale);

    /// <summary>Zero, without digits after the point.</summary>
    public static ExactDecimal Zero => default;

    /// <summary>Adds two numbers.</summary>
    public static ExactDecimal operator +(ExactDecimal left, ExactDecimal right)
    {
        var scale = Math.Max(left._scale, right._scale);
        return new ExactDecimal(left.DigitsAt(scale) + right.DigitsAt(scale), scale);
    }

    /// <summary>Changes the sign.</summary>
    public static ExactDecimal operator -(ExactDecimal value) => new(-value._digits, value._scale);

    /// <summary>Reads an integer or a decimal in canonical form: an optional <c>-</c>, digits, and an optional point with digits.</summary>
    /// <exception cref="FormatException">The text is not in canonical form.</exception>
    public static ExactDecimal Parse(ReadOnlySpan<char> text)
    {
        var point = text.IndexOf('.');
        if (point < 0)
        {
            return new ExactDecimal(ParseInteger(text), 0);
        }

        var fraction = text[(point + 1)..];
        return new ExactDecimal(ParseInteger([.. text[..point], .. fraction]), fraction.Length);
    }

    /// <summary>The canonical form, with all digits after the point.</summary>
    public override string ToString()
    {
        var digits = BigInteger.Abs(_digits).ToString(CultureInfo.InvariantCulture).PadLeft(_scale + 1, '0');
        var sign = _digits.Sign < 0 ? "-" : "";
        return _scale == 0 ? $"{sign}{digits}" : $"{sign}{digits[..^_scale]}.{digits[^_scale..]}";
    }

    private static BigInteger ParseInteger(ReadOnlySpan<char> text) =>
        // Most amounts fit, and are read much faster.
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var small)
            ? small
            : BigInteger.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);

    private BigInteger DigitsAt(int scale) => scale == _scale ? _digits : _digits * BigInteger.Pow(10, scale - _scale);
}
