using System.Buffers;
using CsvIngest.Importing.Records;

namespace CsvIngest.Importing.Detection;

/// <summary>Which records at the start of a file are the header, and how many fields a row has.</summary>
/// <param name="Start">The position in the sample where the header starts; without a header, where the rows start.</param>
/// <param name="End">The position in the sample where the rows start.</param>
/// <param name="Titles">How many lines before the header are neither header nor rows.</param>
/// <param name="Width">How many fields a row has.</param>
/// <param name="Headers">The values of the header's records.</param>
/// <param name="HasRowAbove">Whether one of the lines before the header looks like a row of it.</param>
internal sealed record HeaderLayout(
    int Start, int End, int Titles, RecordWidth Width, IReadOnlyList<byte[][]> Headers, bool HasRowAbove = false)
{
    /// <summary>The names of the columns, as many as the file has.</summary>
    public IReadOnlyList<string> Names() => Headers.Count == 0
        ? [.. Enumerable.Range(1, Width.Columns).Select(number => $"column_{number}")]
        : SampleValues.Names(Headers, Width.Columns);
}

/// <summary>Detects the header and the width of the rows.</summary>
/// <param name="sample">The start of the file.</param>
/// <param name="dialect">The dialect of the file.</param>
/// <param name="options">What is specified there is not detected.</param>
/// <param name="search">Finds the header by its names.</param>
/// <param name="warn">Receives a warning if the rows do not have the width of the header.</param>
internal sealed class HeaderDetection(
    Sample sample, Dialect dialect, ReadingOptions options, HeaderSearch search, Action<ImportWarning> warn)
{
    // How many rows must agree on a width other than that of the header. Guesses.
    private const double RowsThatAgree = 0.9;
    private const int FewestRowsThatAgree = 3;
    private static readonly SearchValues<byte> DataMarks = SearchValues.Create("0123456789@"u8);

    private readonly SampleValues _values = new(sample, dialect, options.MaxFields + 1);

    /// <exception cref="UnusableFileException">The file has no header.</exception>
    public HeaderLayout Detect()
    {
        var records = sample.Read(dialect, new RecordCutter(dialect, options.MaxFields + 1));
        if (options.NoHeader == true)
        {
            var rows = records.Count == 0 ? 1 : Math.Max(1, MostCommon(records).Width);
            return new HeaderLayout(0, 0, 0, Specified() ?? new RecordWidth(rows, rows), []);
        }

        var found = search.Find(records, _values);
        var titles = found >= 0 ? found : options.SkipLines is null ? CountTitles(records) : 0;
        var count = Math.Min(options.HeaderLines ?? 1, records.Count - titles);
        if (count < 1)
        {
            throw new UnusableFileException(options.SkipLines is > 0 and { } skipped
                ? $"The file has no header: after the {Quantity.Of(skipped, "line")} to skip, it contains nothing but blank lines and comments."
                : "The file has no header: it contains only blank lines and comments.");
        }

        var headers = records.GetRange(titles, count);
        var values = new List<byte[][]>();
        foreach (var header in headers)
        {
            values.Add(_values.Of(header));
        }

        var start = headers[0].Start;
        var end = headers[^1].End;
        var width = Specified() ?? Width(values, records.GetRange(titles + count, records.Count - titles - count));
        return new HeaderLayout(start, end, titles, width, values, found > 0 && search.HasRowAbove(records, _values, found));
    }

    /// <summary>
    /// Counts the records before the header: comments, records that have at most one value while others have more, and records that are
    /// narrower than the rows and directly above something that looks like a header.
    /// </summary>
    private int CountTitles(List<SampleRecord> records)
    {
        var width = records.Count == 0 ? 0 : MostCommon(records).Width;
        var titles = 0;
        while (titles < Math.Min(HeaderSearch.MaxTitles, records.Count - 1))
        {
            var record = records[titles];
            var isComment = sample.Bytes[record.Start] == '#' && record.Width != width;
            var isNarrow = width >= 2 && !record.IsMalformed && record.Filled <= 1 && HasHeaderBelow(records, titles, width);
            if (!isComment && !isNarrow && !IsAboveHeader(records, titles, width))
            {
                break;
            }

            titles++;
        }

        return titles;
    }

    private static bool HasHeaderBelow(List<SampleRecord> records, int index, int width) => records
        .Skip(index + 1).Take(HeaderSearch.MaxTitles).Any(record => record.Width == width && record.Filled >= 2);

    /// <summary>Whether a record is a title, such as <c>Contacts, January 2024</c> above a header of five columns.</summary>
    private bool IsAboveHeader(List<SampleRecord> records, int index, int width)
    {
        // If the rows are wider by one, they have a trailing separator or a column without a name, and this record is the header.
        if (index + 2 >= records.Count || records[index].IsMalformed || records[index].Width >= width - 1 || records[index + 1].Width != width)
        {
            return false;
        }

        var below = _values.Of(records[index + 1]);
        var row = _values.Of(records[index + 2]);
        return below.All(value => value.Length > 0 && !LooksLikeData(value)) && row.Any(LooksLikeData);
    }

    /// <summary>Whether a value contains a digit or an at sign, which names of columns rarely do.</summary>
    private static bool LooksLikeData(byte[] value) => value.AsSpan().IndexOfAny(DataMarks) >= 0;

    private RecordWidth? Specified() => options.Width is { } width ? new RecordWidth(options.FewestFields ?? width, width) : null;

    private RecordWidth Width(List<byte[][]> headers, List<SampleRecord> rows)
    {
        var columns = headers.Max(header => header.Length);
        var named = headers.Max(header => 1 + Array.FindLastIndex(header, name => SampleValues.Name(name).Length > 0));
        var ordinary = new RecordWidth(Math.Max(1, named), columns);
        var (width, count) = MostCommon(rows);
        if (count < FewestRowsThatAgree || count < RowsThatAgree * rows.Count)
        {
            return ordinary;
        }

        var extra = width - columns;
        if (extra > 0 && rows.TrueForAll(row => row.Width != width || row.TrailingEmpty >= extra))
        {
            return ordinary;
        }

        if (width < named)
        {
            var narrow = new RecordWidth(width, columns);
            Warn("missing fields at their end are empty.", narrow);
            return narrow;
        }

        if (extra > 0)
        {
            var wide = new RecordWidth(width, width);
            Warn("the additional columns have no name. Check that the names match the columns.", wide);
            return wide;
        }

        return ordinary;

        void Warn(string detail, RecordWidth accepted) => warn(new ImportWarning(
            $"The header has {Quantity.Of(columns, "column")}, but the rows have {Quantity.Of(width, "field")}. Rows with {accepted} fields are accepted; {detail}"));
    }

    private static (int Width, int Count) MostCommon(List<SampleRecord> records)
    {
        var most = records.Where(record => !record.IsMalformed).GroupBy(record => record.Width)
            .OrderByDescending(group => group.Count()).ThenByDescending(group => group.Key).FirstOrDefault();
        return most is null ? (0, 0) : (most.Key, most.Count());
    }
}
