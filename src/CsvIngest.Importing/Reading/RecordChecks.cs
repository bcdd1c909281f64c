using System.Text.Unicode;
using CsvIngest.Values;

namespace CsvIngest.Importing.Reading;

/// <summary>What is asked of a record that was cut: that it is text, not the header again, and of the right width.</summary>
internal sealed class RecordChecks(IReadOnlyList<byte[][]> headers, int maxFields)
{
    private readonly byte[][][] _headers = [.. headers];

    /// <param name="reader">Stands on the record.</param>
    /// <param name="count">How many fields the record has.</param>
    /// <param name="isText">Whether its bytes are text in the file's encoding.</param>
    /// <param name="field">The field that is at fault, from 0; -1 when it is the record as a whole.</param>
    /// <returns>Null when the record is whole.</returns>
    public RejectReason? Check(RecordReader reader, int count, bool isText, out int field)
    {
        field = -1;
        if (!isText)
        {
            field = FirstBadField(reader, count);
            return RecordFaults.InvalidEncoding(reader.Shape.Encoding);
        }

        if (IsHeader(reader, count))
        {
            return RecordFaults.RepeatedHeader;
        }

        return count == reader.Shape.Width ? null : RecordFaults.Width(reader.Shape.Width, count);
    }

    private bool IsHeader(RecordReader reader, int count)
    {
        foreach (var header in _headers)
        {
            var index = count == header.Length ? 0 : count + 1;
            while (index < count && reader.Field(index).SequenceEqual(header[index]))
            {
                index++;
            }

            if (index == count)
            {
                return true;
            }
        }

        return false;
    }

    private int FirstBadField(RecordReader reader, int count)
    {
        for (var index = 0; index < Math.Min(count, maxFields); index++)
        {
            var value = reader.Field(index);
            if (!Utf8.IsValid(value) || value.IndexOf("\uFFFD"u8) >= 0)
            {
                return index;
            }
        }

        return -1;
    }
}
