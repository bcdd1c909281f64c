using System.Text;
using BenchmarkDotNet.Attributes;
using CsvIngest.Datasets;
using CsvIngest.Messages;
using CsvIngest.Producer.Importing;
using CsvIngest.Importing.Reading;

namespace CsvIngest.Benchmarks;

/// <summary>What a row costs on its way through the producer.</summary>
[MemoryDiagnoser]
public class ReadingBenchmark
{
    private const int Rows = 100_000;

    private byte[] _file = [];

    [GlobalSetup]
    public void WriteFile()
    {
        var text = new StringBuilder("email,full name,company,phone\n");
        for (var i = 0; i < Rows; i++)
        {
            text.Append($"user{i}@example.com,Name {i},Company {i % 97},+49 30 {i}\n");
        }

        _file = Encoding.UTF8.GetBytes(text.ToString());
    }

    [Benchmark(OperationsPerInvoke = Rows)]
    public long Read()
    {
        using var reader = Open();
        long bytes = 0;
        while (reader.Read())
        {
            for (var i = 0; i < reader.FieldCount; i++)
            {
                bytes += reader.Field(i).Length;
            }
        }

        return bytes;
    }

    [Benchmark(OperationsPerInvoke = Rows)]
    public long ReadValidateAndWriteSlices() => Take(null);

    [Benchmark(OperationsPerInvoke = Rows)]
    public long ReadValidateDedupeAndWriteSlices() => Take(new SeenKeys());

    private RecordReader Open() => RecordReader.Open(new MemoryStream(_file, writable: false), new ReadingOptions());

    private long Take(SeenKeys? seen)
    {
        using var reader = Open();
        DatasetCatalog.BuiltIn.TryGet("contacts", out var dataset);
        var binding = ColumnBinding.Bind(dataset!, reader.Shape.Names, new Dictionary<string, string>());
        var slice = new SliceWriter(Guid.NewGuid(), "contacts", "file.csv", [.. binding.Extra.Select(extra => extra.Name)]);
        var classifier = new RowClassifier(reader, dataset!, binding, slice, new Counts(), seen, null, null);
        long bytes = 0;
        while (reader.Read())
        {
            classifier.Classify();
            if (slice.RowCount == 200)
            {
                bytes += slice.Finish(1, 0).Length;
            }
        }

        return bytes;
    }
}
