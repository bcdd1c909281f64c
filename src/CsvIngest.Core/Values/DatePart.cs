using System.Globalization;
using System.Text;

namespace CsvIngest.Values;

/// <summary>A field of a <see cref="DatePattern"/>, or text between fields.</summary>
internal sealed class DatePart
{
    /// <summary>The fields as definitions write them, for messages.</summary>
    public const string Fields = "yyyy, yy, MMMM, MMM, MM, M, dd, d, HH, H, hh, h, mm, ss, f to ffffff, tt, zzz";

    /// <summary>The first of the years that two digits can mean: 69 is 1969 and 68 is 2068, as in POSIX.</summary>
    private const int FirstOfTwoDigits = 69;

    private static readonly string[] Months = CultureInfo.InvariantCulture.DateTimeFormat.MonthNames[..12];

    private readonly string _letters;
    private readonly byte[] _literal;

    private DatePart(DateField field, string letters, string literal) =>
        (Field, _letters, _literal) = (field, letters, Encoding.UTF8.GetBytes(literal));

    /// <summary>What it is.</summary>
    public DateField Field { get; }

    /// <summary>Whether it has one digit or two.</summary>
    public bool IsVariable => _letters is "M" or "d" or "H" or "h";

    /// <summary>Whether the text of it can begin with a digit.</summary>
    public bool CanStartWithDigit => Field switch
    {
        DateField.Literal => char.IsAsciiDigit((char)_literal[0]),
        DateField.Month => _letters.Length <= 2,
        _ => Field is not (DateField.Half or DateField.Offset),
    };

    /// <summary>Takes the part at a position of a pattern, and advances it; null if there is none.</summary>
    public static DatePart? TryTake(string pattern, ref int at)
    {
        var start = at;
        var first = pattern[at];
        if (first == '\'')
        {
            var end = pattern.IndexOf('\'', start + 1);
            if (end <= start + 1)
            {
                return null;
            }

            at = end + 1;
            return new DatePart(DateField.Literal, "", pattern[(start + 1)..end]);
        }

        // The letters of ISO 8601 are not those of a field.
        if (!char.IsLetter(first) || first is 'T' or 'Z')
        {
            at += char.IsSurrogatePair(pattern, start) ? 2 : 1;
            return new DatePart(DateField.Literal, "", pattern[start..at]);
        }

        var length = pattern.AsSpan(start).IndexOfAnyExcept(first);
        var letters = length < 0 ? pattern[start..] : pattern.Substring(start, length);
        if (FieldOf(letters) is not { } field)
        {
            return null;
        }

        at += letters.Length;
        return new DatePart(field, letters, "");
    }

    /// <summary>Reads its text at the start of a value, and advances it.</summary>
    public bool TryRead(ref ReadOnlySpan<byte> value, ref DateFields fields)
    {
        switch (Field)
        {
            case DateField.Literal:
                return TrySkip(ref value, _literal);
            case DateField.Month when _letters.Length > 2:
                return TryReadMonth(ref value, ref fields);
            case DateField.Half:
                return TryReadHalf(ref value, ref fields);
            case DateField.Offset:
                if (value.IsEmpty || Timestamps.ReadZone(value, ref fields.Offset) is not null)
                {
                    return false;
                }

                value = default;
                return true;
        }

        if (!TryReadNumber(ref value, _letters.Length, IsVariable ? 2 : _letters.Length, out var number))
        {
            return false;
        }

        fields.Set(Field, Field switch
        {
            DateField.Year when _letters.Length == 2 => number + (number < FirstOfTwoDigits ? 2000 : 1900),
            DateField.Fraction => number * (int)Math.Pow(10, 7 - _letters.Length),
            _ => number,
        });
        return true;
    }

    /// <summary>Its text for a time in UTC.</summary>
    public string Format(DateTime moment) => Field switch
    {
        DateField.Literal => Encoding.UTF8.GetString(_literal),
        DateField.Offset => "Z",
        // A single letter would be a standard format.
        _ => moment.ToString(_letters.Length == 1 ? "%" + _letters : _letters, CultureInfo.InvariantCulture),
    };

    private static DateField? FieldOf(string letters) => letters switch
    {
        "yyyy" or "yy" => DateField.Year,
        "MMMM" or "MMM" or "MM" or "M" => DateField.Month,
        "dd" or "d" => DateField.Day,
        "HH" or "H" => DateField.Hour,
        "hh" or "h" => DateField.HourOfHalf,
        "mm" => DateField.Minute,
        "ss" => DateField.Second,
        "f" or "ff" or "fff" or "ffff" or "fffff" or "ffffff" => DateField.Fraction,
        "tt" => DateField.Half,
        "zzz" => DateField.Offset,
        _ => null,
    };

    private static bool TrySkip(ref ReadOnlySpan<byte> value, ReadOnlySpan<byte> text)
    {
        if (!value.StartsWith(text))
        {
            return false;
        }

        value = value[text.Length..];
        return true;
    }

    private static bool TryReadNumber(ref ReadOnlySpan<byte> value, int fewest, int most, out int number)
    {
        number = 0;
        var digits = 0;
        while (digits < most && digits < value.Length && char.IsAsciiDigit((char)value[digits]))
        {
            number = (number * 10) + value[digits++] - '0';
        }

        value = value[digits..];
        return digits >= fewest;
    }

    private bool TryReadMonth(ref ReadOnlySpan<byte> value, ref DateFields fields)
    {
        for (var month = 0; month < Months.Length; month++)
        {
            var name = _letters.Length == 3 ? Months[month].AsSpan(0, 3) : Months[month];
            if (value.Length >= name.Length && Ascii.EqualsIgnoreCase(value[..name.Length], name))
            {
                fields.Set(DateField.Month, month + 1);
                value = value[name.Length..];
                return true;
            }
        }

        return false;
    }

    private static bool TryReadHalf(ref ReadOnlySpan<byte> value, ref DateFields fields)
    {
        if (value.Length < 2 || (value[1] | 0x20) != 'm' || (value[0] | 0x20) is not ('a' or 'p'))
        {
            return false;
        }

        fields.Set(DateField.Half, (value[0] | 0x20) == 'p' ? 1 : 0);
        value = value[2..];
        return true;
    }
}

/// <summary>The fields of a <see cref="DatePattern"/>; from <see cref="Hour"/> on, those of the time of day.</summary>
internal enum DateField
{
    /// <summary>Text between fields.</summary>
    Literal,

    /// <summary>Four digits, or two for 1969 to 2068.</summary>
    Year,

    /// <summary>A number or an English name.</summary>
    Month,

    /// <summary>The day of the month.</summary>
    Day,

    /// <summary>0 to 23.</summary>
    Hour,

    /// <summary>1 to 12, with <see cref="Half"/>.</summary>
    HourOfHalf,

    /// <summary>AM (0) or PM (1).</summary>
    Half,

    /// <summary>0 to 59.</summary>
    Minute,

    /// <summary>0 to 59.</summary>
    Second,

    /// <summary>The fraction of a second, in ticks.</summary>
    Fraction,

    /// <summary>Z, or an offset from UTC as in a canonical timestamp.</summary>
    Offset,
}
