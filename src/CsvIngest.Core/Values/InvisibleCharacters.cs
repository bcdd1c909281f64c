using System.Globalization;
using System.Text;

namespace CsvIngest.Values;

/// <summary>
/// The characters that nobody sees. Two texts that differ only in them look the same, so a key must not contain them and the comparison
/// of header names ignores them. White space is not among them.
/// </summary>
internal static class InvisibleCharacters
{
    /// <summary>
    /// The Unicode property Default_Ignorable_Code_Point, in ascending order: fillers, variation selectors, tags and format characters,
    /// including the code points that are reserved for more of them. .NET has no such property; these are the ranges of
    /// https://www.unicode.org/Public/16.0.0/ucd/DerivedCoreProperties.txt.
    /// </summary>
    public static readonly (int First, int Last)[] DefaultIgnorable =
    [
        (0x00AD, 0x00AD), (0x034F, 0x034F), (0x061C, 0x061C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x200B, 0x200F),
        (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8),
        (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF),
    ];

    /// <summary>Whether a character is a control or format character, is ignorable by default, or has a blank glyph.</summary>
    public static bool Contains(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format || HasBlankGlyph(rune) || IsDefaultIgnorable(rune);

    /// <summary>
    /// The characters that are letters, marks or symbols by category, and whose glyph is blank by the description of their code charts.
    /// No property of Unicode distinguishes them.
    /// </summary>
    private static bool HasBlankGlyph(Rune rune) => rune.Value
        is 0x2800 // Braille pattern blank
        or 0xFFFC // object replacement character, in place of an embedded image
        or 0x2D7F or 0x1107F // Tifinagh consonant joiner, Brahmi number joiner
        or 0x13441 or 0x13442 // Egyptian hieroglyph full and half blank
        or 0x16FE4 // Khitan small script filler
        or 0x1D159 // musical symbol null notehead
        or 0x1DA7F or 0x1DA80; // SignWriting spaces

    private static bool IsDefaultIgnorable(Rune rune)
    {
        foreach (var (first, last) in DefaultIgnorable)
        {
            if (rune.Value <= last)
            {
                return rune.Value >= first;
            }
        }

        return false;
    }
}
