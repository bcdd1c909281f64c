namespace CsvIngest.Importing.Reading;

/// <summary>One record at the start of a file, as some dialect cuts it.</summary>
/// <param name="Start">In the sample.</param>
/// <param name="End">After its line end.</param>
/// <param name="Width">How many fields; 0 when it is malformed.</param>
/// <param name="Filled">How many fields are not empty.</param>
/// <param name="TrailingEmpty">How many fields at its end are empty.</param>
/// <param name="Quoted">How many fields stand in quotes.</param>
internal readonly record struct SampleRecord(int Start, int End, int Width, int Filled, int TrailingEmpty, int Quoted)
{
    public bool IsMalformed => Width == 0;
}

/// <summary>Reads the start of a file in some dialect, to see how well that fits.</summary>
internal static class SampleReading
{
    // Enough to be sure, and little enough to try every dialect in a few milliseconds. Guesses.
    public const int SampleBytes = 256 << 10;
    public const int MaxRecords = 1000;

    /// <param name="sample">From the start of a line, to the end of one unless it is all.</param>
    /// <param name="isFinalBlock">Whether the file ends there.</param>
    /// <param name="cutter">Of the dialect.</param>
    /// <param name="comment">Lines that start with it are passed over; null for none.</param>
    public static List<SampleRecord> Read(ReadOnlySpan<byte> sample, bool isFinalBlock, RecordCutter cutter, byte? comment)
    {
        var records = new List<SampleRecord>();
        var at = 0;
        while (at < sample.Length && records.Count < MaxRecords)
        {
            var rest = sample[at..];
            Lines.TryFindEnd(rest, isFinalBlock: true, out var length, out var end);
            if (IsBlank(rest[..length], cutter.Dialect) || (comment is { } mark && rest[0] == mark))
            {
                at += end;
                continue;
            }

            var cut = cutter.Next(rest, isFinalBlock);
            if (cut == Cut.NeedMoreData && at > sample.Length / 4 * 3)
            {
                // The end of the sample cuts this one off. Nearer to its start an open quote is no good sign instead.
                break;
            }

            records.Add(cut == Cut.Record
                ? Measure(at, cutter)
                : new SampleRecord(at, at + end, 0, 0, 0, 0));
            at = records[^1].End;
        }

        return records;
    }

    /// <summary>Whether a line is passed over: it holds nothing but spaces and tabs, none of which separates.</summary>
    public static bool IsBlank(ReadOnlySpan<byte> line, Dialect dialect) =>
        line.IndexOfAnyExcept((byte)' ', (byte)'\t') < 0 && line.IndexOf(dialect.Separator) < 0;

    private static SampleRecord Measure(int at, RecordCutter cutter)
    {
        var fields = cutter.Fields;
        int filled = 0, trailing = 0, quoted = 0;
        for (var i = 0; i < fields.Kept; i++)
        {
            var isEmpty = fields.Span(i).Length == 0;
            filled += isEmpty ? 0 : 1;
            trailing = isEmpty ? trailing + 1 : 0;
            quoted += fields.IsQuoted(i) ? 1 : 0;
        }

        return new SampleRecord(at, at + cutter.End, fields.Count, filled, trailing, quoted);
    }
}
