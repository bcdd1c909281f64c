namespace CsvIngest.Importing.Records;

/// <summary>
/// A value that is written as a formula whose result is a text, such as <c>="00501"</c>. Programs write it so that a spreadsheet does not
/// take the text for a number.
/// </summary>
internal static class TextFormula
{
    /// <summary>Finds the text of a formula.</summary>
    /// <param name="value">A value, without the quotes and escapes of the file.</param>
    /// <param name="text">The text; in the value itself unless it contains quotes.</param>
    /// <returns>Whether the value is such a formula.</returns>
    public static bool TryRead(ReadOnlySpan<byte> value, out ReadOnlySpan<byte> text)
    {
        if (value is not [(byte)'=', (byte)'"', .., (byte)'"'])
        {
            text = default;
            return false;
        }

        text = value[2..^1];
        return !text.Contains((byte)'"') || TryUnescape(text, out text);
    }

    private static bool TryUnescape(ReadOnlySpan<byte> written, out ReadOnlySpan<byte> text)
    {
        var unescaped = new byte[written.Length];
        var length = 0;
        for (var at = 0; at < written.Length; at++)
        {
            if (written[at] == '"' && (++at == written.Length || written[at] != '"'))
            {
                // The quote is not doubled: the formula is more than a text.
                text = default;
                return false;
            }

            unescaped[length++] = written[at];
        }

        text = unescaped.AsSpan(0, length);
        return true;
    }
}
