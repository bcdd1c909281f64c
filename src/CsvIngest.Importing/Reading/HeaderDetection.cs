using System.Buffers;
using System.Text;

namespace CsvIngest.Importing.Reading;

/// <summary>Which records at the start of a file are the header, and how many fields a row has.</summary>
/// <param name="Start">Where the header starts in the sample; where the rows start, without a header.</param>
/// <param name="End">Where the rows start.</param>
/// <param name="Titles">How many lines stand before the header that are neither header nor rows.</param>
/// <param name="Width">How many fields a row has.</param>
/// <param name="Headers">The values of the header's records.</param>
internal sealed record HeaderLayout(int Start, int End, int Titles, int Width, IReadOnlyList<byte[][]> Headers)
{
    /// <summary>The columns' names, as many as <see cref="Width"/>.</summary>
    public IReadOnlyList<string> Names()
    {
        var names = new string[Width];
        for (var i = 0; i < Width; i++)
        {
            var parts = Headers.Where(header => i < header.Length).Select(header => Encoding.UTF8.GetString(header[i]).Trim());
            names[i] = Headers.Count == 0 ? $"column_{i + 1}" : string.Join(' ', parts.Where(part => part.Length > 0));
        }

        return names;
    }
}

/// <summary>Finds the header.</summary>
internal sealed class HeaderDetection(ReadingOptions options, RecordCutter cutter, List<string> warnings)
{
    // How far down a header is looked for, and how many rows must agree on a width that is not the header's. Guesses.
    private const int MaxTitles = 20;
    private const double RowsThatAgree = 0.9;
    private const int FewestRowsThatAgree = 3;
    private static readonly SearchValues<byte> DataMarks = SearchValues.Create("0123456789@"u8);

    /// <param name="sample">From the start of a line, to the end of one unless it is all.</param>
    /// <param name="isFinalBlock">Whether the file ends there.</param>
    public HeaderLayout Find(ReadOnlySpan<byte> sample, bool isFinalBlock)
    {
        var records = SampleReading.Read(sample, isFinalBlock, cutter, (byte?)options.Comment);
        if (options.NoHeader == true)
        {
            var rows = records.Count == 0 ? 1 : Math.Max(1, MostCommon(records).Width);
            return new HeaderLayout(0, 0, 0, options.Width ?? rows, []);
        }

        var titles = options.SkipLines is null ? Titles(sample, records) : 0;
        var count = Math.Min(options.HeaderLines ?? 1, records.Count - titles);
        if (count < 1)
        {
            throw new UnusableFileException("The file has no header: it holds nothing but blank lines and comments.");
        }

        var headers = records.GetRange(titles, count);
        var values = new List<byte[][]>();
        foreach (var header in headers)
        {
            values.Add(Values(sample[header.Start..header.End], header.IsMalformed));
        }

        var start = headers[0].Start;
        var end = headers[^1].End;
        var width = Width(values.Max(header => header.Length), records.GetRange(titles + count, records.Count - titles - count));
        return new HeaderLayout(start, end, titles, width, values);
    }

    /// <summary>
    /// How many records stand before the header: they are comments, or hold at most one value while others hold more, or
    /// are narrower than the rows and stand above something that looks like a header.
    /// </summary>
    private int Titles(ReadOnlySpan<byte> sample, List<SampleRecord> records)
    {
        var width = records.Count == 0 ? 0 : MostCommon(records).Width;
        var titles = 0;
        while (titles < Math.Min(MaxTitles, records.Count - 1))
        {
            var record = records[titles];
            var isComment = sample[record.Start] == '#' && record.Width != width;
            var isNarrow = width >= 2 && !record.IsMalformed && record.Filled <= 1 && HasHeaderBelow(records, titles, width);
            if (!isComment && !isNarrow && !IsAboveHeader(sample, records, titles, width))
            {
                break;
            }

            titles++;
        }

        return titles;
    }

    private static bool HasHeaderBelow(List<SampleRecord> records, int index, int width) => records
        .Skip(index + 1).Take(MaxTitles).Any(record => record.Width == width && record.Filled >= 2);

    /// <summary>A line such as <c>Contacts, January 2024</c> above a header of five columns.</summary>
    private bool IsAboveHeader(ReadOnlySpan<byte> sample, List<SampleRecord> records, int index, int width)
    {
        // Rows that are wider by one have a trailing separator, or one column without a name: that is a header, not a title.
        if (index + 2 >= records.Count || records[index].IsMalformed || records[index].Width >= width - 1 || records[index + 1].Width != width)
        {
            return false;
        }

        var below = Values(sample[records[index + 1].Start..records[index + 1].End], isMalformed: false);
        var row = Values(sample[records[index + 2].Start..records[index + 2].End], records[index + 2].IsMalformed);
        return below.All(value => value.Length > 0 && !LooksLikeData(value)) && row.Any(LooksLikeData);
    }

    /// <summary>Whether a value holds a digit or an at sign, as names of columns seldom do.</summary>
    private static bool LooksLikeData(byte[] value) => value.AsSpan().IndexOfAny(DataMarks) >= 0;

    private int Width(int header, List<SampleRecord> rows)
    {
        if (options.Width is { } given)
        {
            return given;
        }

        var (width, count) = rows.Count == 0 ? (header, 0) : MostCommon(rows);
        if (width == header || width == 0 || count < RowsThatAgree * rows.Count)
        {
            return header;
        }

        var extra = width - header;
        var isTrailing = extra > 0 && rows.TrueForAll(row => row.Width != width || row.TrailingEmpty >= extra);
        if (!isTrailing && count < FewestRowsThatAgree)
        {
            return header;
        }

        warnings.Add(isTrailing
            ? $"The header has {header} columns, the rows end in {extra} more separators: {width} fields are taken as a row."
            : extra > 0
                ? $"The header has {header} columns, the rows have {width} fields: {extra} columns have no name. Rows of {width} fields "
                    + "are taken as whole; check that the names stand above the right columns."
                : $"The header has {header} columns, the rows have {width} fields: rows of {width} fields are taken as whole, "
                    + $"without the last {-extra} columns.");
        return width;
    }

    private static (int Width, int Count) MostCommon(List<SampleRecord> records)
    {
        var most = records.Where(record => !record.IsMalformed).GroupBy(record => record.Width)
            .OrderByDescending(group => group.Count()).ThenByDescending(group => group.Key).FirstOrDefault();
        return most is null ? (0, 0) : (most.Key, most.Count());
    }

    private byte[][] Values(ReadOnlySpan<byte> text, bool isMalformed)
    {
        if (!isMalformed)
        {
            cutter.Next(text, isFinalBlock: true);
            return Copy(cutter.Fields, text);
        }

        // A header with a stray quote is read from separator to separator: better than not at all, and the same whatever the rows.
        Lines.TryFindEnd(text, isFinalBlock: true, out var length, out _);
        var plain = new RecordCutter(new Dialect(cutter.Dialect.SeparatorText, null, EscapeStyle.None), options.MaxFields + 1);
        plain.Next(text[..length], isFinalBlock: true);
        var values = Copy(plain.Fields, text[..length]);
        var quote = cutter.Dialect.Quote;
        for (var i = 0; i < values.Length; i++)
        {
            if (values[i].Length >= 2 * quote.Length && values[i].AsSpan().StartsWith(quote) && values[i].AsSpan().EndsWith(quote))
            {
                values[i] = values[i][quote.Length..^quote.Length];
            }
        }

        return values;
    }

    private static byte[][] Copy(FieldTable fields, ReadOnlySpan<byte> text)
    {
        var values = new byte[fields.Kept][];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = fields.Get(text, i).ToArray();
        }

        return values;
    }
}
