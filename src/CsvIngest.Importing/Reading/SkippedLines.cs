namespace CsvIngest.Importing.Reading;

/// <summary>What the first line of a text is.</summary>
internal enum FirstLine
{
    /// <summary>A record starts there.</summary>
    Record,

    /// <summary>Passed over, however long it is.</summary>
    Comment,

    /// <summary>Passed over: nothing but spaces and tabs, none of which separates.</summary>
    Blank,

    /// <summary>The text ends before it is certain.</summary>
    NeedMoreData,
}

/// <summary>Tells the lines that are passed over between records.</summary>
internal sealed class SkippedLines(Dialect dialect, ReadingOptions options)
{
    /// <param name="text">From the start of a line; not empty.</param>
    /// <param name="isFinalBlock">Whether no more comes.</param>
    /// <param name="end">The length of a blank line with its line end.</param>
    public FirstLine Look(ReadOnlySpan<byte> text, bool isFinalBlock, out int end)
    {
        end = 0;
        if (options.Comment is { } comment && text[0] == comment)
        {
            return FirstLine.Comment;
        }

        if (text[0] is not ((byte)'\r' or (byte)'\n' or (byte)' ' or (byte)'\t'))
        {
            return FirstLine.Record;
        }

        var isWhole = Lines.TryFindEnd(text, isFinalBlock, out var length, out end);
        if (length > options.MaxRecordBytes || !SampleReading.IsBlank(text[..length], dialect))
        {
            return FirstLine.Record;
        }

        return isWhole ? FirstLine.Blank : FirstLine.NeedMoreData;
    }
}
