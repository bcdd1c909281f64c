using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using CsvIngest.Values;

namespace CsvIngest.Postgres;

/// <summary>
/// The binary format of COPY (https://www.postgresql.org/docs/current/sql-copy.html), and in it the values of each type of column as
/// the receive functions of PostgreSQL 13 and later take them.
/// </summary>
internal static class CopyFormat
{
    /// <summary>Digits of a numeric that the server keeps in one word.</summary>
    private const int DigitsPerWord = 4;

    private const short NegativeNumeric = 0x4000;

    /// <summary>The most digits after the point of a numeric.</summary>
    private const int MaxScale = 16_383;

    /// <summary>The version byte that precedes the text of a jsonb.</summary>
    private const byte JsonbVersion = 1;

    /// <summary>PostgreSQL counts days and microseconds from 2000-01-01.</summary>
    private static readonly DateTime Epoch = new(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    /// <summary>Writes the beginning of a COPY.</summary>
    public static void WriteHeader(ArrayBufferWriter<byte> output)
    {
        WriteBytes(output, "PGCOPY\n"u8);
        WriteBytes(output, [0xFF, (byte)'\r', (byte)'\n', 0]);
        // No flags, and no extension of the header.
        WriteInt32(output, 0);
        WriteInt32(output, 0);
    }

    /// <summary>Begins a row.</summary>
    public static void WriteRow(ArrayBufferWriter<byte> output, int fields) => WriteInt16(output, (short)fields);

    /// <summary>Writes the end of a COPY.</summary>
    public static void WriteTrailer(ArrayBufferWriter<byte> output) => WriteInt16(output, -1);

    /// <summary>Writes a value in the canonical form of its type; an empty one as NULL.</summary>
    /// <returns>False if it is not in canonical form. Part of it may be written.</returns>
    public static bool TryWrite(ArrayBufferWriter<byte> output, ColumnType type, ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty)
        {
            WriteInt32(output, -1);
            return true;
        }

        return type switch
        {
            ColumnType.Text or ColumnType.Email => WriteText(output, value),
            ColumnType.Integer => TryWriteInteger(output, value),
            ColumnType.Decimal => TryWriteNumeric(output, value),
            ColumnType.Timestamp => TryWriteTimestamp(output, value),
            ColumnType.Date => TryWriteDate(output, value),
            ColumnType.Boolean => TryWriteBoolean(output, value),
            ColumnType.Uuid => TryWriteUuid(output, value),
            _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Not a column type."),
        };
    }

    /// <summary>Writes a jsonb; an empty one as NULL.</summary>
    public static void WriteJson(ArrayBufferWriter<byte> output, ReadOnlySpan<byte> json)
    {
        if (json.IsEmpty)
        {
            WriteInt32(output, -1);
            return;
        }

        WriteInt32(output, json.Length + 1);
        WriteBytes(output, [JsonbVersion]);
        WriteBytes(output, json);
    }

    /// <summary>Writes a bigint.</summary>
    public static void WriteInt64(ArrayBufferWriter<byte> output, long value)
    {
        WriteInt32(output, sizeof(long));
        BinaryPrimitives.WriteInt64BigEndian(output.GetSpan(sizeof(long)), value);
        output.Advance(sizeof(long));
    }

    /// <summary>Writes a uuid.</summary>
    public static void WriteGuid(ArrayBufferWriter<byte> output, Guid value)
    {
        const int Length = 16;
        WriteInt32(output, Length);
        value.TryWriteBytes(output.GetSpan(Length), bigEndian: true, out _);
        output.Advance(Length);
    }

    private static bool WriteText(ArrayBufferWriter<byte> output, ReadOnlySpan<byte> value)
    {
        WriteInt32(output, value.Length);
        WriteBytes(output, value);
        return true;
    }

    private static bool TryWriteInteger(ArrayBufferWriter<byte> output, ReadOnlySpan<byte> value)
    {
        if (!Utf8Parser.TryParse(value, out long number, out var consumed) || consumed < value.Length)
        {
            return false;
        }

        WriteInt64(output, number);
        return true;
    }

    private static bool TryWriteBoolean(ArrayBufferWriter<byte> output, ReadOnlySpan<byte> value)
    {
        var isTrue = value.SequenceEqual("true"u8);
        if (!isTrue && !value.SequenceEqual("false"u8))
        {
            return false;
        }

        WriteInt32(output, 1);
        WriteBytes(output, [isTrue ? (byte)1 : (byte)0]);
        return true;
    }

    private static bool TryWriteUuid(ArrayBufferWriter<byte> output, ReadOnlySpan<byte> value)
    {
        if (!Utf8Parser.TryParse(value, out Guid uuid, out var consumed, 'D') || consumed < value.Length)
        {
            return false;
        }

        WriteGuid(output, uuid);
        return true;
    }

    private static bool TryWriteDate(ArrayBufferWriter<byte> output, ReadOnlySpan<byte> value)
    {
        if (!TryParse(value, "yyyy-MM-dd", out var date))
        {
            return false;
        }

        WriteInt32(output, sizeof(int));
        WriteInt32(output, (int)(date - Epoch).TotalDays);
        return true;
    }

    private static bool TryWriteTimestamp(ArrayBufferWriter<byte> output, ReadOnlySpan<byte> value)
    {
        if (!TryParse(value, "yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", out var moment))
        {
            return false;
        }

        WriteInt64(output, (moment - Epoch).Ticks / TimeSpan.TicksPerMicrosecond);
        return true;
    }

    private static bool TryParse(ReadOnlySpan<byte> value, string format, out DateTime moment)
    {
        Span<char> text = stackalloc char[32];
        moment = default;
        return value.Length <= text.Length
            && Encoding.UTF8.TryGetChars(value, text, out var length)
            && DateTime.TryParseExact(
                text[..length], format, CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out moment);
    }

    /// <summary>
    /// Writes a numeric: how many words of four digits there are, the weight of the first one, the sign, the digits after the point,
    /// and the words. The server takes zeros at either end, so the digits need only be aligned with the point.
    /// </summary>
    private static bool TryWriteNumeric(ArrayBufferWriter<byte> output, ReadOnlySpan<byte> value)
    {
        var isNegative = value[0] == '-';
        var digits = isNegative ? value[1..] : value;
        var point = digits.IndexOf((byte)'.');
        var whole = point < 0 ? digits : digits[..point];
        var fraction = point < 0 ? [] : digits[(point + 1)..];
        if (whole.IsEmpty || (point >= 0 && fraction.IsEmpty)
            || whole.ContainsAnyExceptInRange((byte)'0', (byte)'9') || fraction.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            return false;
        }

        var wholeWords = WordsFor(whole.Length);
        var words = wholeWords + WordsFor(fraction.Length);
        if (words > short.MaxValue || fraction.Length > MaxScale)
        {
            return false;
        }

        WriteInt32(output, sizeof(short) * (4 + words));
        WriteInt16(output, (short)words);
        WriteInt16(output, (short)(wholeWords - 1));
        WriteInt16(output, isNegative ? NegativeNumeric : (short)0);
        WriteInt16(output, (short)fraction.Length);
        for (var end = whole.Length - ((wholeWords - 1) * DigitsPerWord); end <= whole.Length; end += DigitsPerWord)
        {
            WriteInt16(output, Word(whole[Math.Max(0, end - DigitsPerWord)..end]));
        }

        for (; !fraction.IsEmpty; fraction = fraction[Math.Min(DigitsPerWord, fraction.Length)..])
        {
            Span<byte> padded = [(byte)'0', (byte)'0', (byte)'0', (byte)'0'];
            fraction[..Math.Min(DigitsPerWord, fraction.Length)].CopyTo(padded);
            WriteInt16(output, Word(padded));
        }

        return true;
    }

    private static int WordsFor(int digits) => (digits + DigitsPerWord - 1) / DigitsPerWord;

    private static short Word(ReadOnlySpan<byte> digits)
    {
        var word = 0;
        foreach (var digit in digits)
        {
            word = (word * 10) + digit - '0';
        }

        return (short)word;
    }

    private static void WriteBytes(ArrayBufferWriter<byte> output, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(output.GetSpan(bytes.Length));
        output.Advance(bytes.Length);
    }

    private static void WriteInt16(ArrayBufferWriter<byte> output, short value)
    {
        BinaryPrimitives.WriteInt16BigEndian(output.GetSpan(sizeof(short)), value);
        output.Advance(sizeof(short));
    }

    private static void WriteInt32(ArrayBufferWriter<byte> output, int value)
    {
        BinaryPrimitives.WriteInt32BigEndian(output.GetSpan(sizeof(int)), value);
        output.Advance(sizeof(int));
    }
}
