using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace CsvIngest.Importing.Reading;

/// <summary>What the bytes say about their encoding.</summary>
internal static class EncodingDetection
{
    // A Windows-1252 text seldom holds bytes that happen to be a valid UTF-8 sequence; a UTF-8 text with some bad rows holds
    // many more valid sequences than bad bytes. Where it is close, UTF-8: bad rows are then rejected, not misread. A guess.
    private const int BadPerSequence = 4;

    /// <summary>The encoding that a byte order mark says, and its length; null when there is none.</summary>
    public static (Encoding Encoding, int Length)? ByteOrderMark(ReadOnlySpan<byte> start) => start switch
    {
        [0xEF, 0xBB, 0xBF, ..] => (Encoding.UTF8, 3),
        [0xFF, 0xFE, 0, 0, ..] => (Encoding.UTF32, 4),
        [0, 0, 0xFE, 0xFF, ..] => (new UTF32Encoding(bigEndian: true, byteOrderMark: true), 4),
        [0xFF, 0xFE, ..] => (Encoding.Unicode, 2),
        [0xFE, 0xFF, ..] => (Encoding.BigEndianUnicode, 2),
        _ => null,
    };

    /// <summary>What kind of file this is, where it is one that is surely not CSV; null otherwise.</summary>
    public static string? NotText(ReadOnlySpan<byte> start) => start switch
    {
        [(byte)'P', (byte)'K', 3, 4, ..] => "a ZIP archive or an Excel workbook (.xlsx)",
        [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1, ..] => "an old Excel workbook (.xls)",
        [(byte)'%', (byte)'P', (byte)'D', (byte)'F', (byte)'-', ..] => "a PDF document",
        [0x1F, 0x8B, 8, ..] => "gzip-compressed",
        [(byte)'S', (byte)'Q', (byte)'L', (byte)'i', (byte)'t', (byte)'e', (byte)' ', ..] => "an SQLite database",
        [(byte)'P', (byte)'A', (byte)'R', (byte)'1', ..] => "a Parquet file",
        _ => null,
    };

    /// <summary>
    /// UTF-16 without a byte order mark: text of mostly ASCII characters has a NUL in every other byte. Null when it is not, or
    /// when it is so short that a stray NUL would decide.
    /// </summary>
    public static Encoding? Utf16(ReadOnlySpan<byte> window)
    {
        var pairs = window.Length / 2;
        if (pairs < 4 || !window.Contains((byte)0))
        {
            return null;
        }

        int even = 0, odd = 0;
        for (var i = 0; i + 1 < window.Length; i += 2)
        {
            even += window[i] == 0 ? 1 : 0;
            odd += window[i + 1] == 0 ? 1 : 0;
        }

        if (odd * 10 >= pairs * 7 && even * 20 <= pairs)
        {
            return Encoding.Unicode;
        }

        return even * 10 >= pairs * 7 && odd * 20 <= pairs ? Encoding.BigEndianUnicode : null;
    }

    /// <summary>Where the first byte is that is not ASCII; -1 when there is none.</summary>
    public static int FirstNonAscii(ReadOnlySpan<byte> bytes) => bytes.IndexOfAnyExceptInRange((byte)0, (byte)0x7F);

    /// <summary>
    /// Whether bytes that are not all ASCII are UTF-8, perhaps with some bad ones among them, or are not UTF-8 at all. A
    /// sequence that the end cuts off says nothing.
    /// </summary>
    /// <param name="window">The bytes.</param>
    /// <param name="firstBad">Where the first bad byte is; -1 when there is none.</param>
    public static bool IsUtf8(ReadOnlySpan<byte> window, out int firstBad)
    {
        firstBad = -1;
        if (Utf8.IsValid(window))
        {
            return true;
        }

        long sequences = 0, bad = 0;
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
                bad++;
                firstBad = firstBad < 0 ? at : firstBad;
            }

            at += length;
        }

        return bad <= sequences * BadPerSequence;
    }
}
