namespace CsvIngest.Importing.Reading;

/// <summary>Physical lines: CR LF, LF and CR each end one.</summary>
internal static class Lines
{
    /// <summary>The length of the line end that the text starts with; 0 when it starts with none.</summary>
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

    /// <summary>How many lines end in the text. A CR that is last counts: the text must not be cut inside CR LF.</summary>
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
    /// Where the first line ends. False when that is not certain yet: there is no line end, or a CR is the last byte, and more
    /// may come.
    /// </summary>
    /// <param name="text">From the start of a line.</param>
    /// <param name="isFinalBlock">Whether no more comes.</param>
    /// <param name="length">Without the line end.</param>
    /// <param name="end">After the line end.</param>
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
}
