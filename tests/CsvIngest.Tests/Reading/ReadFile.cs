using System.Text;
using CsvIngest.Datasets;
using CsvIngest.Importing;
using CsvIngest.Importing.Detection;

namespace CsvIngest.Tests.Reading;

/// <summary>A file as the reader returns it, from beginning to end, for comparison.</summary>
/// <param name="Shape">The shape at the end.</param>
/// <param name="Warnings">Each warning, and how many records preceded it.</param>
/// <param name="Records">The records.</param>
/// <param name="HeaderRaw">The bytes before the first row.</param>
/// <param name="Position">The position at the end.</param>
internal sealed record ReadFile(
    FileShape Shape, IReadOnlyList<ReadWarning> Warnings, IReadOnlyList<ReadRecord> Records, byte[] HeaderRaw, long Position)
{
    public static ReadFile From(
        byte[] bytes, ReadingOptions? options = null, Dataset? dataset = null, IReadOnlyDictionary<string, string>? map = null)
    {
        var records = new List<ReadRecord>();
        var warnings = new List<ReadWarning>();
        using var reader = RecordReader.Open(
            new MemoryStream(bytes), options ?? new ReadingOptions(),
            warning => warnings.Add(new ReadWarning(warning.Text, [.. warning.Remedies.Select(remedy => remedy.Option)], records.Count)),
            dataset is null ? null : new ExpectedHeader(dataset, map ?? new Dictionary<string, string>()));
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

        return new ReadFile(reader.Shape, warnings, records, reader.HeaderRaw.ToArray(), reader.Position);
    }

    public static ReadFile From(string text, ReadingOptions? options = null, Dataset? dataset = null) =>
        From(Encoding.UTF8.GetBytes(text), options, dataset);

    /// <summary>The line and either the reject code or the values of every record, one per line.</summary>
    public string Summary() =>
        string.Join('\n', Records.Select(record => $"{record.Line} {(record.RejectReason is null ? record.Joined : "!" + record.RejectReason)}"));
}

internal sealed record ReadWarning(string Text, ImportOption[] Options, int RecordsBefore);

internal sealed record ReadRecord(long Line, string? RejectReason, string Joined, string[] Values, byte[] Raw, long Position);
