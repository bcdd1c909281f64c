using CsvIngest.Hosting.Display;

namespace CsvIngest.Consumer.Display;

/// <summary>Standard output, on which no line is broken within a word. Output to a file or a program is never broken.</summary>
internal static class Terminal
{
    /// <summary>The width of standard output; no limit for a file or a program.</summary>
    public static int Width => Console.IsOutputRedirected || Console.WindowWidth <= 0 ? int.MaxValue : Console.WindowWidth;

    /// <summary>Writes a table as wide as the terminal allows.</summary>
    public static void Write(TextTable table)
    {
        foreach (var line in table.Lines(Width))
        {
            Console.WriteLine(line);
        }
    }

    /// <summary>Writes a text, in which everything is safe to show, on as many lines as it needs.</summary>
    public static void WriteLine(string text)
    {
        foreach (var line in Wrap(DisplayText.OneLine(text), Width))
        {
            Console.WriteLine(line);
        }
    }

    /// <summary>Breaks a text at spaces. A word that is longer than a line has a line of its own.</summary>
    /// <param name="text">The text, without line breaks.</param>
    /// <param name="width">How many columns of characters a line may have.</param>
    public static IEnumerable<string> Wrap(string text, int width)
    {
        var line = string.Empty;
        foreach (var word in text.Split(' '))
        {
            if (line.Length > 0 && TerminalText.WidthOf(line) + 1 + TerminalText.WidthOf(word) > width)
            {
                yield return line;
                line = word;
            }
            else
            {
                line = line.Length > 0 ? $"{line} {word}" : word;
            }
        }

        yield return line;
    }
}
