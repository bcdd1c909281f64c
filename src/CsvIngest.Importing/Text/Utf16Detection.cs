using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace CsvIngest.Importing.Text;

/// <summary>
/// Detects UTF-16 without a byte order mark, in any script. The names and values may be in any script, but line ends, separators, digits
/// and addresses are ASCII: in only one byte order are they characters that belong to a table.
/// </summary>
internal static class Utf16Detection
{
    /// <summary>How much of the file is examined. A guess: enough for certainty.</summary>
    private const int MaxBytes = 64 << 10;

    /// <summary>Shorter text says nothing: a single stray NUL would decide.</summary>
    private const int FewestUnits = 4;

    // Guesses, the shares of all characters: how many must be ASCII, for separators and line ends are; how many may not be text.
    private const double LeastAscii = 0.03;
    private const double MostImplausible = 0.02;

    // How many of the others may consist of two bytes that are ASCII: in 8-bit text with some NUL bytes all do, in Chinese about a quarter.
    private const double MostPairs = 0.6;

    // Without a line end, only text that is mostly ASCII is certain.
    private const double LeastAsciiOfOneLine = 0.7;

    /// <summary>The byte order in which the bytes are text; null if they are not UTF-16, or if it is not certain.</summary>
    /// <param name="window">The start of the file.</param>
    public static Encoding? Detect(ReadOnlySpan<byte> window)
    {
        window = window[..Math.Min(MaxBytes, window.Length)];
        if (window.Length / 2 < FewestUnits || !window.Contains((byte)0))
        {
            return null;
        }

        var (little, big) = (Units.Count(window, isBigEndian: false), Units.Count(window, isBigEndian: true));
        return (little.IsText, big.IsText) switch
        {
            (true, false) => Encoding.Unicode,
            (false, true) => Encoding.BigEndianUnicode,
            // Swapped line ends are rare characters, or none at all.
            (true, true) when little.LineEnds != big.LineEnds => little.LineEnds > big.LineEnds ? Encoding.Unicode : Encoding.BigEndianUnicode,
            (true, true) when little.Ascii != big.Ascii => little.Ascii > big.Ascii ? Encoding.Unicode : Encoding.BigEndianUnicode,
            _ => null,
        };
    }

    /// <summary>What the code units are in one byte order.</summary>
    /// <param name="All">How many there are.</param>
    /// <param name="Ascii">How many are ASCII text, line ends included.</param>
    /// <param name="LineEnds">How many are line ends.</param>
    /// <param name="Pairs">How many are other characters that consist of two bytes of printable ASCII.</param>
    /// <param name="Implausible">How many are controls, lone surrogates, unassigned or for private use.</param>
    private readonly record struct Units(int All, int Ascii, int LineEnds, int Pairs, int Implausible)
    {
        public bool IsText => Implausible <= MostImplausible * All
            && Ascii >= (LineEnds > 0 ? LeastAscii : LeastAsciiOfOneLine) * All
            && Pairs <= MostPairs * Math.Max(All - Ascii, FewestUnits);

        public static Units Count(ReadOnlySpan<byte> bytes, bool isBigEndian)
        {
            int all = 0, ascii = 0, lineEnds = 0, pairs = 0, implausible = 0;
            for (; bytes.Length >= 2; bytes = bytes[2..])
            {
                var unit = (char)(isBigEndian ? BinaryPrimitives.ReadUInt16BigEndian(bytes) : BinaryPrimitives.ReadUInt16LittleEndian(bytes));
                all++;
                if (char.IsSurrogate(unit))
                {
                    var isPair = char.IsHighSurrogate(unit) && bytes.Length >= 4
                        && char.IsLowSurrogate((char)(isBigEndian ? BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]) : BinaryPrimitives.ReadUInt16LittleEndian(bytes[2..])));
                    implausible += isPair || bytes.Length < 4 ? 0 : 1;
                    bytes = isPair ? bytes[2..] : bytes;
                }
                else if (IsAsciiText(unit))
                {
                    ascii++;
                    lineEnds += unit is '\r' or '\n' ? 1 : 0;
                }
                else
                {
                    pairs += (unit >> 8) is >= ' ' and <= '~' && (unit & 0xFF) is >= ' ' and <= '~' ? 1 : 0;
                    implausible += IsPlausible(unit) ? 0 : 1;
                }
            }

            return new Units(all, ascii, lineEnds, pairs, implausible);
        }

        private static bool IsAsciiText(char unit) => unit is (>= ' ' and <= '~') or '\t' or '\r' or '\n';

        private static bool IsPlausible(char unit) => CharUnicodeInfo.GetUnicodeCategory(unit)
            is not (UnicodeCategory.Control or UnicodeCategory.OtherNotAssigned or UnicodeCategory.PrivateUse);
    }
}
