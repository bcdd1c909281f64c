using System.Text;
using CsvIngest.Datasets;

namespace CsvIngest.Values;

/// <summary>Booleans and UUIDs.</summary>
internal static class Choices
{
    private const int UuidLength = 36;

    private static readonly RejectReason NotBoolean =
        RejectReason.Not(ColumnType.Boolean, "expected true or false, t or f, yes or no, y or n, 1 or 0");

    private static readonly RejectReason NotUuid =
        RejectReason.Not(ColumnType.Uuid, "expected 32 hexadecimal digits, in groups of 8-4-4-4-12 or without hyphens");

    /// <summary><c>true</c> or <c>false</c>, from the spellings of the database and of spreadsheets, in any case.</summary>
    public static RejectReason? CanonicalizeBoolean(ReadOnlySpan<byte> value, Span<byte> target, out int length)
    {
        var form = value.Length switch
        {
            1 => (value[0] | 0x20) switch
            {
                't' or 'y' => "true"u8,
                'f' or 'n' => "false"u8,
                _ => value[0] == '1' ? "true"u8 : value[0] == '0' ? "false"u8 : [],
            },
            2 => Ascii.EqualsIgnoreCase(value, "no"u8) ? "false"u8 : [],
            3 => Ascii.EqualsIgnoreCase(value, "yes"u8) ? "true"u8 : [],
            4 => Ascii.EqualsIgnoreCase(value, "true"u8) ? "true"u8 : [],
            5 => Ascii.EqualsIgnoreCase(value, "false"u8) ? "false"u8 : [],
            _ => [],
        };
        form.CopyTo(target);
        length = form.Length;
        return length == 0 ? NotBoolean : null;
    }

    /// <summary>Lower-case, 8-4-4-4-12; braces around it, and no hyphens at all, are accepted.</summary>
    public static RejectReason? CanonicalizeUuid(ReadOnlySpan<byte> value, Span<byte> target, out int length)
    {
        length = 0;
        if (value.Length == UuidLength + 2 && value[0] == '{' && value[^1] == '}')
        {
            value = value[1..^1];
        }

        var hyphens = value.Length == UuidLength;
        if (!hyphens && value.Length != UuidLength - 4)
        {
            return NotUuid;
        }

        var read = 0;
        for (var i = 0; i < UuidLength; i++)
        {
            if (i is 8 or 13 or 18 or 23)
            {
                if (hyphens && value[read++] != '-')
                {
                    return NotUuid;
                }

                target[i] = (byte)'-';
                continue;
            }

            var b = value[read++];
            if (!char.IsAsciiHexDigit((char)b))
            {
                return NotUuid;
            }

            // Digits have this bit set already; it turns A-F into a-f.
            target[i] = (byte)(b | 0x20);
        }

        length = UuidLength;
        return null;
    }
}
