using System.Globalization;
using System.Text;

namespace CsvIngest;

/// <summary>
/// Text that somebody else chose, such as a file's name or a header, in a form that is safe to show: characters that a terminal obeys
/// instead of showing them, or that change the order or the line of what surrounds them, appear as <c>\x1B</c> or <c>\u202E</c>. Those
/// are control characters, line and paragraph separators, format characters (such as bidirectional overrides) and unpaired surrogates.
/// </summary>
public static class DisplayText
{
    private const char FirstPrintable = ' ';
    private const char LastPrintable = '~';

    // They join and separate letters of Persian and of the Indic scripts, and the parts of an emoji.
    private const int ZeroWidthNonJoiner = 0x200C;
    private const int ZeroWidthJoiner = 0x200D;

    /// <summary>The text on one line.</summary>
    public static string OneLine(string text) => Escape(text, keepLineEnds: false);

    /// <summary>The text on as many lines as it has: for a text of the program's own that contains text from outside.</summary>
    public static string Lines(string text) => Escape(text, keepLineEnds: true);

    private static string Escape(string text, bool keepLineEnds)
    {
        if (!text.AsSpan().ContainsAnyExceptInRange(FirstPrintable, LastPrintable))
        {
            return text;
        }

        var shown = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length;)
        {
            if (!Rune.TryGetRuneAt(text, i, out var rune))
            {
                shown.Append(CultureInfo.InvariantCulture, $@"\u{(int)text[i]:X4}");
                i++;
                continue;
            }

            i += rune.Utf16SequenceLength;
            if (IsSafe(rune) || (keepLineEnds && IsLineEnd(rune, text, i)))
            {
                shown.Append(rune.ToString());
            }
            else
            {
                shown.Append(rune.Value switch
                {
                    <= 0xFF => string.Create(CultureInfo.InvariantCulture, $@"\x{rune.Value:X2}"),
                    <= 0xFFFF => string.Create(CultureInfo.InvariantCulture, $@"\u{rune.Value:X4}"),
                    _ => string.Create(CultureInfo.InvariantCulture, $@"\U{rune.Value:X8}"),
                });
            }
        }

        return shown.ToString();
    }

    /// <summary>Whether a character is shown as it is.</summary>
    internal static bool IsSafe(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator => false,
        UnicodeCategory.Format => rune.Value is ZeroWidthNonJoiner or ZeroWidthJoiner,
        _ => true,
    };

    private static bool IsLineEnd(Rune rune, string text, int next) =>
        rune.Value == '\n' || (rune.Value == '\r' && next < text.Length && text[next] == '\n');
}
