using System.Text;
using BenchmarkDotNet.Attributes;
using CsvIngest.Datasets;
using CsvIngest.Importing;
using CsvIngest.Importing.Detection;
using CsvIngest.Importing.Sources;

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
        using var reader = RecordReader.Open(new MemoryStream(_file, writable: false), new ReadingOptions(), _ => { });
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
    public Task<long> ReadValidateAndWriteSlices() => ImportAsync(dedupe: false);

    [Benchmark(OperationsPerInvoke = Rows)]
    public Task<long> ReadValidateDedupeAndWriteSlices() => ImportAsync(dedupe: true);

    private async Task<long> ImportAsync(bool dedupe)
    {
        var importer = new Importer(_ => DatasetCatalog.Contacts, destination: null);
        var source = Source.FromStream("file.csv", () => new MemoryStream(_file, writable: false));
        var result = await importer.ImportAsync(
            source, new ImportOptions { Slices = new() { Dedupe = dedupe } }, new SilentObserver(), CancellationToken.None);
        return result.RowsSent;
    }

    private sealed class SilentObserver : IImportObserver;
}
