using System.Globalization;
using System.Text;
using UtfUnknown;

namespace CsvIngest.Importing.Text;

/// <summary>
/// Detects the encodings that predate Unicode of scripts other than Latin: Cyrillic, Greek, Hebrew, Arabic, Thai, Japanese, Chinese and
/// Korean. UTF.Unknown, which knows how often the characters of a language follow each other, proposes; what it proposes must also make words
/// of the bytes. Encodings of Latin script are not detected, because a few names with accents do not tell them apart.
/// </summary>
internal static class ScriptDetection
{
    /// <summary>How much of the file is examined, from the first byte that is not ASCII. Hundreds of names, in about 20 ms (measured).</summary>
    private const int MaxBytes = 16 << 10;

    /// <summary>Fewer characters say nothing. A guess: two short names.</summary>
    private const int FewestCharacters = 8;

    /// <summary>
    /// The share of characters that must be letters beside letters. In the words of another script nearly all are. In Latin script, the letters
    /// with accents, which are all that is not ASCII, mostly stand alone, whatever they are taken for. A guess.
    /// </summary>
    private const double LeastInWords = 0.8;

    /// <summary>
    /// The encoding in which the bytes are words of another script than Latin; null if there is none. Everything that is ASCII means the
    /// same in it.
    /// </summary>
    /// <param name="window">Bytes of which the first is not ASCII.</param>
    public static Encoding? Detect(ReadOnlySpan<byte> window)
    {
        var sample = WholeLines(window[..Math.Min(MaxBytes, window.Length)]).ToArray();
        return CharsetDetector.DetectFromBytes(sample).Details
            .OrderByDescending(detail => detail.Confidence)
            .Select(detail => CodePagesOf(detail.EncodingName)
                .Select(codePage => CodePagesEncodingProvider.Instance.GetEncoding(codePage)!)
                .MaxBy(encoding => ShareInWords(sample, encoding)))
            .FirstOrDefault(encoding => encoding is not null && ShareInWords(sample, encoding) >= LeastInWords);
    }

    /// <summary>
    /// The code pages that a name of UTF.Unknown can stand for, the likeliest first. They differ in a few letters: Windows has supersets of the
    /// standards, and KOI8-U the letters of Ukrainian in the place of some symbols.
    /// </summary>
    private static int[] CodePagesOf(string name) => name.ToLowerInvariant() switch
    {
        "windows-1251" => [1251],
        "koi8-r" => [20866, 21866],
        "ibm866" => [866],
        "iso-8859-5" => [28595],
        "x-mac-cyrillic" => [10007],
        "windows-1253" or "iso-8859-7" => [1253, 28597],
        "windows-1255" or "iso-8859-8" => [1255],
        "windows-1256" => [1256],
        "iso-8859-6" => [28596],
        "windows-874" or "tis-620" or "iso-8859-11" => [874],
        "shift-jis" => [932],
        "euc-jp" => [51932],
        "gb18030" => [54936],
        "big5" => [950],
        "euc-kr" or "cp949" => [949],
        _ => [],
    };

    private static ReadOnlySpan<byte> WholeLines(ReadOnlySpan<byte> bytes) =>
        bytes.LastIndexOfAny((byte)'\r', (byte)'\n') is var end and >= 0 ? bytes[..end] : bytes;

    /// <summary>The share of the characters that are letters beside letters; 0 if the bytes are not valid, or too few.</summary>
    private static double ShareInWords(byte[] bytes, Encoding encoding)
    {
        var decoder = encoding.GetDecoder();
        decoder.Fallback = DecoderFallback.ExceptionFallback;
        string text;
        try
        {
            var characters = new char[encoding.GetMaxCharCount(bytes.Length)];
            text = new string(characters, 0, decoder.GetChars(bytes, characters, flush: true));
        }
        catch (DecoderFallbackException)
        {
            return 0;
        }

        int all = 0, inWords = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsAscii(text[i]))
            {
                continue;
            }

            all++;
            if (IsWordCharacter(text, i) && (IsWordCharacter(text, i - 1) || IsWordCharacter(text, i + 1)))
            {
                inWords++;
            }
        }

        return all < FewestCharacters ? 0 : (double)inWords / all;
    }

    private static bool IsWordCharacter(string text, int index) =>
        (uint)index < (uint)text.Length && !char.IsAscii(text[index]) && CharUnicodeInfo.GetUnicodeCategory(text[index])
            is UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.OtherLetter or UnicodeCategory.ModifierLetter
            or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark;
}
