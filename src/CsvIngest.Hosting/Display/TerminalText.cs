using System.Globalization;
using Spectre.Console.Rendering;

namespace CsvIngest.Hosting.Display;

/// <summary>How wide a text is on a terminal, where wide (CJK) characters take two columns, and marks none.</summary>
public static class TerminalText
{
    /// <summary>The width of a text in columns.</summary>
    public static int WidthOf(string text) => new Segment(text).CellCount();

    /// <summary>Cuts a text in its middle, where <c>…</c> takes the place of what is missing.</summary>
    /// <param name="text">The text.</param>
    /// <param name="width">How many columns it may have.</param>
    public static string CutMiddle(string text, int width)
    {
        if (WidthOf(text) <= width)
        {
            return text;
        }

        var elements = StringInfo.ParseCombiningCharacters(text);
        var (start, end) = (0, elements.Length);
        var (left, right) = (string.Empty, string.Empty);
        while (start < end)
        {
            // From both ends in turn, so that neither is longer than the other by more than a character.
            var isLeft = WidthOf(left) <= WidthOf(right);
            var next = isLeft ? left + ElementAt(start++) : ElementAt(--end) + right;
            if (WidthOf(next) + WidthOf(isLeft ? right : left) + 1 > width)
            {
                break;
            }

            (left, right) = isLeft ? (next, right) : (left, next);
        }

        return $"{left}…{right}";

        string ElementAt(int index) => text[elements[index]..(index + 1 < elements.Length ? elements[index + 1] : text.Length)];
    }
}
