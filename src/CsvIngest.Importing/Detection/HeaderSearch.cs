using CsvIngest.Datasets;

namespace CsvIngest.Importing.Detection;

/// <summary>Searches for the header by its names, whatever precedes it.</summary>
/// <param name="expected">What the header must contain; null if that is not known.</param>
/// <param name="options">What is specified there is not searched for.</param>
internal sealed class HeaderSearch(ExpectedHeader? expected, ReadingOptions options)
{
    /// <summary>How many records may precede the header. A guess.</summary>
    public const int MaxTitles = 20;

    /// <summary>The index of the first record of the header; -1 if no record is certainly one.</summary>
    /// <param name="records">The records of the sample in one dialect.</param>
    /// <param name="values">Their values in this dialect.</param>
    public int Find(List<SampleRecord> records, SampleValues values)
    {
        if (expected is null || options.NoHeader == true)
        {
            return -1;
        }

        var count = options.HeaderLines ?? 1;
        var last = Math.Min(options.SkipLines is null ? MaxTitles : 0, records.Count - count);
        for (var index = 0; index <= last; index++)
        {
            var headers = records.GetRange(index, count);
            // One column is certain only if there are no others below.
            if ((headers.Exists(header => header.Filled > 1 || header.IsMalformed) || records.TrueForAll(record => record.Width <= 1))
                && expected.IsHeader(Names(headers, values)))
            {
                return index;
            }
        }

        return -1;
    }

    /// <summary>Whether a record above the header looks like a row of it, so that skipping it would lose it.</summary>
    /// <param name="records">The records of the sample.</param>
    /// <param name="values">Their values.</param>
    /// <param name="index">The index that <see cref="Find"/> returned.</param>
    public bool HasRowAbove(List<SampleRecord> records, SampleValues values, int index)
    {
        var names = Names(records.GetRange(index, options.HeaderLines ?? 1), values);
        return records.Take(index).Any(record => !record.IsMalformed && expected!.IsRow(names, values.Of(record)));
    }

    private static string[] Names(List<SampleRecord> headers, SampleValues values)
    {
        List<byte[][]> found = [.. headers.Select(values.Of)];
        return SampleValues.Names(found, found.Max(header => header.Length));
    }
}
