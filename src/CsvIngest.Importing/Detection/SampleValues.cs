using System.Text;
using CsvIngest.Importing.Records;
using CsvIngest.Importing.Text;

namespace CsvIngest.Importing.Detection;

/// <summary>The values of records of a sample in one dialect.</summary>
/// <param name="sample">The start of the file.</param>
/// <param name="dialect">The dialect in which its records were cut.</param>
/// <param name="maxFields">How many values of a record are kept.</param>
internal sealed class SampleValues(Sample sample, Dialect dialect, int maxFields)
{
    private readonly RecordCutter _cutter = new(dialect, maxFields);

    /// <summary>The values of a record, without quotes and escapes.</summary>
    public byte[][] Of(SampleRecord record)
    {
        var text = sample.Bytes[record.Start..record.End];
        if (!record.IsMalformed)
        {
            _cutter.Next(text, isFinalBlock: true);
            return Copy(_cutter.Fields, text);
        }

        // A header with a stray quote is split at its separators: better than not at all, and independent of the rows.
        Lines.TryFindEnd(text, isFinalBlock: true, out var length, out _);
        var plain = new RecordCutter(new Dialect(dialect.SeparatorText, null, EscapeStyle.None), maxFields);
        plain.Next(text[..length], isFinalBlock: true);
        var values = Copy(plain.Fields, text[..length]);
        var quote = dialect.Quote;
        for (var i = 0; i < values.Length; i++)
        {
            if (values[i].Length >= 2 * quote.Length && values[i].AsSpan().StartsWith(quote) && values[i].AsSpan().EndsWith(quote))
            {
                values[i] = values[i][quote.Length..^quote.Length];
            }
        }

        return values;
    }

    /// <summary>The names of the columns of a header of several records: their values, joined with a space.</summary>
    /// <param name="headers">The values of the header's records.</param>
    /// <param name="width">How many columns there are.</param>
    public static string[] Names(IReadOnlyList<byte[][]> headers, int width)
    {
        var names = new string[width];
        for (var i = 0; i < width; i++)
        {
            var parts = headers.Where(header => i < header.Length).Select(header => Name(header[i]));
            names[i] = string.Join(' ', parts.Where(part => part.Length > 0));
        }

        return names;
    }

    /// <summary>The name that a value of a header is.</summary>
    public static string Name(ReadOnlySpan<byte> value) =>
        Encoding.UTF8.GetString(TextFormula.TryRead(value, out var text) ? text : value).Trim();

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
