namespace CsvIngest.Values;

/// <summary>UUIDs.</summary>
internal static class Uuids
{
    private const int CanonicalLength = 36;

    private static readonly RejectReason NotUuid =
        RejectReason.Not(ColumnType.Uuid, "expected 32 hexadecimal digits, grouped 8-4-4-4-12 or without hyphens");

    /// <summary>Writes the lower-case form 8-4-4-4-12. The value may be enclosed in braces, or have no hyphens at all.</summary>
    public static RejectReason? Canonicalize(ReadOnlySpan<byte> value, Span<byte> target, out int length)
    {
        length = 0;
        if (value.Length == CanonicalLength + 2 && value[0] == '{' && value[^1] == '}')
        {
            value = value[1..^1];
        }

        var hyphens = value.Length == CanonicalLength;
        if (!hyphens && value.Length != CanonicalLength - 4)
        {
            return NotUuid;
        }

        var read = 0;
        for (var i = 0; i < CanonicalLength; i++)
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

            // Digits already have this bit set; it turns A-F into a-f.
            target[i] = (byte)(b | 0x20);
        }

        length = CanonicalLength;
        return null;
    }
}
