using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace CsvIngest.Importing.Text;

/// <summary>Encodings by name, and what the bytes of a file reveal about its encoding.</summary>
internal static class TextEncodings
{
    public const int Utf8CodePage = 65001;

    // Windows-1252 text rarely contains bytes that happen to be a valid UTF-8 sequence; UTF-8 text with some corrupt rows contains many
    // more valid sequences than invalid bytes. Close cases count as UTF-8: corrupt rows are then rejected, not misread. A guess.
    private const int InvalidPerSequence = 4;

    /// <summary>Windows-1252: the encoding assumed for files that are not UTF-8 and in which no other is detected.</summary>
    public static Encoding Windows1252 { get; } = CodePagesEncodingProvider.Instance.GetEncoding(1252)!;

    /// <summary>The .NET names of all encodings, ordered.</summary>
    public static IReadOnlyList<string> Names =>
        [.. CodePagesEncodingProvider.Instance.GetEncodings().Concat(Encoding.GetEncodings()).Select(encoding => encoding.Name).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>Finds an encoding by its .NET name, another common name, or its code page number; null if there is none.</summary>
    public static Encoding? Find(string name)
    {
        var text = name.Trim().ToLowerInvariant();
        var alias = text switch
        {
            "utf8" => "utf-8",
            "utf16" or "utf16le" or "utf-16-le" => "utf-16",
            "utf16be" or "utf-16-be" => "utf-16be",
            "utf32" => "utf-32",
            "ansi" => "windows-1252",
            "sjis" or "shift-jis" => "shift_jis",
            "latin-1" => "iso-8859-1",
            "latin9" or "latin-9" => "iso-8859-15",
            _ => text,
        };
        var number = alias.StartsWith("cp", StringComparison.Ordinal) ? alias[2..].TrimStart('-') : alias;
        try
        {
            return int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var codePage)
                ? FindByNumber(codePage)
                : CodePagesEncodingProvider.Instance.GetEncoding(alias) ?? Encoding.GetEncoding(alias);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }

    /// <summary>The name shown to users, such as <c>Windows-1252</c>.</summary>
    public static string Describe(Encoding encoding) => encoding.CodePage switch
    {
        Utf8CodePage => "UTF-8",
        1200 => "UTF-16 LE",
        1201 => "UTF-16 BE",
        12000 => "UTF-32 LE",
        12001 => "UTF-32 BE",
        1252 => "Windows-1252",
        _ => encoding.WebName,
    };

    /// <summary>The encoding that a byte order mark denotes, and the length of the mark; null if there is none.</summary>
    public static (Encoding Encoding, int Length)? ByteOrderMark(ReadOnlySpan<byte> start) => start switch
    {
        [0xEF, 0xBB, 0xBF, ..] => (Encoding.UTF8, 3),
        [0xFF, 0xFE, 0, 0, ..] => (Encoding.UTF32, 4),
        [0, 0, 0xFE, 0xFF, ..] => (new UTF32Encoding(bigEndian: true, byteOrderMark: true), 4),
        [0xFF, 0xFE, ..] => (Encoding.Unicode, 2),
        [0xFE, 0xFF, ..] => (Encoding.BigEndianUnicode, 2),
        _ => null,
    };

    /// <summary>The index of the first byte that is not ASCII; -1 if all are.</summary>
    public static int FirstNonAscii(ReadOnlySpan<byte> bytes) => bytes.IndexOfAnyExceptInRange((byte)0, (byte)0x7F);

    /// <summary>
    /// Decides the encoding of bytes that are not all ASCII: UTF-8, possibly with some invalid bytes, an encoding of a script other than
    /// Latin, or else Windows-1252. A sequence that is truncated at the end is ignored.
    /// </summary>
    /// <param name="window">The bytes.</param>
    /// <param name="firstInvalid">The index of the first byte that is not valid UTF-8; -1 if all are.</param>
    public static Encoding Detect(ReadOnlySpan<byte> window, out int firstInvalid)
    {
        firstInvalid = -1;
        if (Utf8.IsValid(window))
        {
            return Encoding.UTF8;
        }

        long sequences = 0, invalid = 0;
        var at = 0;
        while (FirstNonAscii(window[at..]) is var next and >= 0)
        {
            at += next;
            var status = Rune.DecodeFromUtf8(window[at..], out _, out var length);
            if (status == OperationStatus.NeedMoreData)
            {
                break;
            }

            if (status == OperationStatus.Done)
            {
                sequences++;
            }
            else
            {
                invalid++;
                firstInvalid = firstInvalid < 0 ? at : firstInvalid;
            }

            at += length;
        }

        if (invalid > sequences && ScriptDetection.Detect(window[FirstNonAscii(window)..]) is { } other)
        {
            return other;
        }

        return invalid <= sequences * InvalidPerSequence ? Encoding.UTF8 : Windows1252;
    }

    // Code page 0 would be the machine's default, which must not decide what a file means; .NET rejects 65000 (UTF-7).
    private static Encoding? FindByNumber(int codePage) => codePage is 0 or > 65535
        ? null
        : CodePagesEncodingProvider.Instance.GetEncoding(codePage) ?? Encoding.GetEncoding(codePage);
}
