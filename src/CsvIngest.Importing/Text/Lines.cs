namespace CsvIngest.Importing.Text;

/// <summary>Physical lines: CR LF, LF and CR each end one.</summary>
internal static class Lines
{
    /// <summary>The length of the line end at the start of the text; 0 if the text does not start with one.</summary>
    public static int EndLength(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty)
        {
            return 0;
        }

        return text[0] switch
        {
            (byte)'\n' => 1,
            (byte)'\r' => text.Length > 1 && text[1] == '\n' ? 2 : 1,
            _ => 0,
        };
    }

    /// <summary>
    /// The length of the byte order marks at the start of a line; 0 if there are none. Files that were concatenated have them in front of
    /// later lines, where they are no part of the first value.
    /// </summary>
    public static int MarkLength(ReadOnlySpan<byte> line) => line is [0xEF, ..] ? CountMarks(line) : 0;

    /// <summary>How many lines end in the text. A trailing CR counts, so the text must not be split inside CR LF.</summary>
    public static int CountEnds(ReadOnlySpan<byte> text)
    {
        var count = 0;
        while (true)
        {
            var at = text.IndexOfAny((byte)'\r', (byte)'\n');
            if (at < 0)
            {
                return count;
            }

            count++;
            text = text[(at + EndLength(text[at..]))..];
        }
    }

    /// <summary>
    /// Finds the end of the first line. Returns false if the end is not certain yet: more text may follow, and there is no line end
    /// or only a CR as the last byte.
    /// </summary>
    /// <param name="text">Text from the start of a line.</param>
    /// <param name="isFinalBlock">Whether no text follows.</param>
    /// <param name="length">The length of the line without its line end.</param>
    /// <param name="end">The length of the line with its line end.</param>
    public static bool TryFindEnd(ReadOnlySpan<byte> text, bool isFinalBlock, out int length, out int end)
    {
        length = text.IndexOfAny((byte)'\r', (byte)'\n');
        if (length < 0)
        {
            length = end = text.Length;
            return isFinalBlock;
        }

        end = length + EndLength(text[length..]);
        return isFinalBlock || text[length] == '\n' || length + 1 < text.Length;
    }

    private static int CountMarks(ReadOnlySpan<byte> line)
    {
        var length = 0;
        while (line[length..].StartsWith("\uFEFF"u8))
        {
            length += 3;
        }

        return length;
    }
}
