using System.Text;
using CsvIngest.Importing.Reading;

namespace CsvIngest.Tests.Reading;

/// <summary>A file as the reader sees it, from beginning to end, for comparing.</summary>
internal sealed record ReadFile(FileShape Shape, IReadOnlyList<ReadRecord> Records, byte[] HeaderRaw, long Position)
{
    public static ReadFile From(byte[] bytes, ReadingOptions? options = null)
    {
        using var reader = RecordReader.Open(new MemoryStream(bytes), options ?? new ReadingOptions());
        var records = new List<ReadRecord>();
        while (reader.Read())
        {
            var values = new string[reader.FieldCount];
            for (var i = 0; i < values.Length; i++)
            {
                values[i] = Encoding.UTF8.GetString(reader.Field(i));
            }

            records.Add(new ReadRecord(
                reader.Line, reader.RejectReason?.Code, string.Join('¦', values), values, reader.Raw.ToArray(), reader.Position));
        }

        return new ReadFile(reader.Shape, records, reader.HeaderRaw.ToArray(), reader.Position);
    }

    public static ReadFile From(string text, ReadingOptions? options = null) => From(Encoding.UTF8.GetBytes(text), options);

    /// <summary>Line and either fault or values of every record, one a line.</summary>
    public string Summary() =>
        string.Join('\n', Records.Select(record => $"{record.Line} {(record.RejectReason is null ? record.Joined : "!" + record.RejectReason)}"));
}

internal sealed record ReadRecord(long Line, string? RejectReason, string Joined, string[] Values, byte[] Raw, long Position);
