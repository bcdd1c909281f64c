using CsvIngest.Importing.Records;
using CsvIngest.Importing.Text;

namespace CsvIngest.Importing.Detection;

/// <summary>One record at the start of a file, as a dialect cuts it.</summary>
/// <param name="Start">The position of the record in the sample.</param>
/// <param name="End">The position after its line end.</param>
/// <param name="Width">How many fields it has; 0 if it is malformed.</param>
/// <param name="Filled">How many fields are not empty.</param>
/// <param name="TrailingEmpty">How many fields at its end are empty.</param>
/// <param name="Quoted">How many fields are enclosed in quotes.</param>
internal sealed record SampleRecord(int Start, int End, int Width, int Filled, int TrailingEmpty, int Quoted)
{
    public bool IsMalformed => Width == 0;
}

/// <summary>The start of a file, which is read in several dialects to see how well each of them fits.</summary>
/// <param name="bytes">Whole lines, as UTF-8.</param>
/// <param name="isFinalBlock">Whether the file ends with the sample.</param>
internal sealed class Sample(byte[] bytes, bool isFinalBlock)
{
    /// <summary>The maximum length. A guess: enough for certainty, and little enough to try every dialect in some milliseconds.</summary>
    public const int MaxBytes = 256 << 10;

    private const int MaxRecords = 1000;

    public ReadOnlySpan<byte> Bytes => bytes;

    public bool Contains(string text) => bytes.AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(text)) >= 0;

    /// <summary>Reads the records of the sample.</summary>
    /// <param name="dialect">The dialect of the cutter.</param>
    /// <param name="cutter">Cuts the records.</param>
    public List<SampleRecord> Read(Dialect dialect, RecordCutter cutter)
    {
        var records = new List<SampleRecord>();
        var at = 0;
        while (at < bytes.Length && records.Count < MaxRecords)
        {
            at += Lines.MarkLength(bytes.AsSpan(at));
            var rest = bytes.AsSpan(at);
            Lines.TryFindEnd(rest, isFinalBlock: true, out var length, out var end);
            if (dialect.IsSkipped(rest[..length]))
            {
                at += end;
                continue;
            }

            var cut = cutter.Next(rest, isFinalBlock);
            if (cut == Cut.NeedMoreData && at > bytes.Length / 4 * 3)
            {
                // The end of the sample truncates this record. Nearer to the start it rather means that the dialect does not fit.
                break;
            }

            records.Add(cut == Cut.Record
                ? Measure(at, cutter)
                : new SampleRecord(at, at + end, 0, 0, 0, 0));
            at = records[^1].End;
        }

        return records;
    }

    private static SampleRecord Measure(int at, RecordCutter cutter)
    {
        var fields = cutter.Fields;
        int filled = 0, trailing = 0, quoted = 0;
        for (var i = 0; i < fields.Kept; i++)
        {
            var isEmpty = fields.IsEmpty(i);
            filled += isEmpty ? 0 : 1;
            trailing = isEmpty ? trailing + 1 : 0;
            quoted += fields.IsQuoted(i) ? 1 : 0;
        }

        return new SampleRecord(at, at + cutter.End, fields.Count, filled, trailing, quoted);
    }
}
