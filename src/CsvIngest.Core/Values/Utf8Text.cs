using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace CsvIngest.Values;

/// <summary>Checks on UTF-8 text that all types share.</summary>
internal static class Utf8Text
{
    /// <summary>The text without surrounding Unicode white space.</summary>
    public static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> text)
    {
        // Nearly every value starts and ends with a plain character.
        if (text.IsEmpty || (IsPlain(text[0]) && IsPlain(text[^1])))
        {
            return text;
        }

        while (Rune.DecodeFromUtf8(text, out var first, out var length) == OperationStatus.Done && Rune.IsWhiteSpace(first))
        {
            text = text[length..];
        }

        while (Rune.DecodeLastFromUtf8(text, out var last, out var length) == OperationStatus.Done && Rune.IsWhiteSpace(last))
        {
            text = text[..^length];
        }

        return text;
    }

    /// <summary>Whether valid UTF-8 text has more than the given number of Unicode characters (code points).</summary>
    public static bool IsLongerThan(ReadOnlySpan<byte> text, int characters)
    {
        if (text.Length <= characters)
        {
            return false;
        }

        var count = 0;
        foreach (var b in text)
        {
            // Every code point has exactly one byte that is not a continuation byte.
            count += (b & 0xC0) != 0x80 ? 1 : 0;
        }

        return count > characters;
    }

    /// <summary>Null, or the reason why a database cannot store these bytes as text.</summary>
    public static RejectReason? Check(ReadOnlySpan<byte> text)
    {
        if (text.Contains((byte)0))
        {
            return RejectReason.Nul;
        }

        return Utf8.IsValid(text) ? null : RejectReason.NotUtf8;
    }

    private static bool IsPlain(byte b) => b is > (byte)' ' and < 0x7F;
}
