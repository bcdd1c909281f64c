using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using CsvHelper;
using CsvIngest.Testing;
using CsvIngest.Postgres;
using CsvIngest.ServerTests.Servers;
using Npgsql;

namespace CsvIngest.Benchmarks;

/// <summary>
/// The figures that the README quotes: the built programs (<c>bin/</c>) on private servers, beside what <c>psql</c> alone does
/// with the same file on the same server in the same run. Every rate is the median of three.
/// </summary>
internal sealed class PipelineBenchmark(int rows) : IAsyncDisposable
{
    private const int Repeats = 3;

    private readonly WorkFolder _folder = new();
    private readonly RabbitMqInstance _rabbit = RabbitMqInstance.Create();
    private readonly PostgresInstance _postgres = PostgresInstance.Create();
    private int _queues;

    private static string Producer => Repository.PathOf("bin", "producer");

    private static string Consumer => Repository.PathOf("bin", "consumer");

    private string Database => _postgres.AddressOf("postgres");

    public async Task RunAsync()
    {
        await Task.WhenAll(_rabbit.StartAsync(), _postgres.StartAsync());
        await DescribeAsync();
        var file = WriteFile("rows.csv", rows);
        await MeasuredRun.OfAsync(Consumer, "migrate", "--database", Database);

        await DryRunAsync(file);
        await PublishAsync(file);
        await EndToEndAsync(file);
        await MemoryAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _rabbit.DisposeAsync();
        await _postgres.DisposeAsync();
        _folder.Dispose();
    }

    private async Task DescribeAsync()
    {
        await using var source = NpgsqlDataSource.Create(PostgresAddress.ToConnectionString(Database));
        await using var version = source.CreateCommand("SHOW server_version");
        var processor = File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal));
        Print("machine", $"{Environment.ProcessorCount} cores, {processor?.Split(':')[1].Trim()}, {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 30} GiB");
        Print("versions", $".NET {Environment.Version}, {RuntimeInformation.OSDescription}, CsvHelper {typeof(CsvReader).Assembly.GetName().Version}, "
            + $"PostgreSQL {await version.ExecuteScalarAsync()}, RabbitMQ {(await _rabbit.CtlAsync("version")).Trim()}");
        Print("file", $"{rows:N0} rows of 4 columns, all different; medians of {Repeats}");
    }

    private async Task DryRunAsync(string file)
    {
        var plain = await MedianAsync(async () => Seconds(await MeasuredRun.OfAsync(Producer, "--file", file, "--dry-run", "--json", "--no-dedupe")));
        var dedupe = await MedianAsync(async () => Seconds(await MeasuredRun.OfAsync(Producer, "--file", file, "--dry-run", "--json")));
        Print("read and validate (--dry-run)", $"{rows / dedupe:N0} rows/s; with --no-dedupe {rows / plain:N0} rows/s");
    }

    private async Task PublishAsync(string file)
    {
        var seconds = await MedianAsync(async () =>
            Seconds(await MeasuredRun.OfAsync(Producer, "--file", file, "--json", "--broker", _rabbit.Address, "--queue", NewQueue())));
        Print("producer alone, to a confirmed quorum queue", $"{rows / seconds:N0} rows/s");
    }

    private async Task EndToEndAsync(string file)
    {
        var copies = new List<double>();
        var pipelines = new List<double>();
        for (var i = 0; i < Repeats; i++)
        {
            copies.Add(await CopyAsync(file));
            pipelines.Add(await PipelineAsync(file));
        }

        var (copy, pipeline) = (Median(copies), Median(pipelines));
        Print("psql \\copy, then INSERT … ON CONFLICT", $"{rows / copy:N0} rows/s");
        Print("producer and consumer --parallel 2, end to end", $"{rows / pipeline:N0} rows/s, {copy / pipeline:N2} of psql");
    }

    private async Task<double> CopyAsync(string file)
    {
        const string Tables = """
            DROP TABLE IF EXISTS staging, target;
            CREATE TABLE staging (email text, full_name text, company text, phone text);
            CREATE TABLE target (email text PRIMARY KEY, full_name text, company text, phone text);
            CHECKPOINT
            """;
        await MeasuredRun.OfAsync("psql", Database, "-q", "-c", Tables);
        return (await MeasuredRun.OfAsync(
            "psql", Database, "-q", "-v", "ON_ERROR_STOP=1",
            "-c", $"\\copy staging FROM '{file}' WITH (FORMAT csv, HEADER)",
            "-c", "INSERT INTO target SELECT * FROM staging ON CONFLICT DO NOTHING")).Seconds;
    }

    /// <summary>From the start of the producer until <c>status</c> says that its import is complete.</summary>
    private async Task<double> PipelineAsync(string file)
    {
        await MeasuredRun.OfAsync("psql", Database, "-q", "-c", "TRUNCATE contacts, imports, import_slices, rejected_rows", "-c", "CHECKPOINT");
        var queue = NewQueue();
        using var consumer = new MeasuredRun.RunningMeasure(
            Consumer, "--parallel", "2", "--broker", _rabbit.Address, "--queue", queue, "--database", Database);
        using var producer = new MeasuredRun.RunningMeasure(
            Producer, "--file", file, "--json", "--broker", _rabbit.Address, "--queue", queue);
        var clock = System.Diagnostics.Stopwatch.StartNew();
        await producer.EndAsync();
        await MeasuredRun.OfAsync(Consumer, "status", "--wait", "600", "--database", Database);
        var seconds = clock.Elapsed.TotalSeconds;
        await consumer.StopAsync();
        return seconds;
    }

    private async Task MemoryAsync()
    {
        var small = await PeaksAsync(WriteFile("small.csv", rows / 2));
        var large = await PeaksAsync(WriteFile("large.csv", rows * 5));
        Print("producer's peak memory (--no-dedupe)", Peaks(small.Producer, large.Producer));
        Print("consumer's peak memory (--parallel 2)", Peaks(small.Consumer, large.Consumer));
    }

    private async Task<(long Producer, long Consumer)> PeaksAsync(string file)
    {
        await MeasuredRun.OfAsync("psql", Database, "-q", "-c", "TRUNCATE contacts, imports, import_slices, rejected_rows");
        var queue = NewQueue();
        var producer = await MeasuredRun.OfAsync(
            Producer, "--file", file, "--json", "--no-dedupe", "--broker", _rabbit.Address, "--queue", queue);
        var consumer = await MeasuredRun.OfAsync(
            Consumer, "--drain", "--parallel", "2", "--broker", _rabbit.Address, "--queue", queue, "--database", Database);
        return (producer.PeakBytes, consumer.PeakBytes);
    }

    private string Peaks(long small, long large) =>
        $"{large >> 20} MB on {rows * 5:N0} rows, {small >> 20} MB on {rows / 2:N0} rows ({(double)large / small:N2} times)";

    private string WriteFile(string name, int count)
    {
        var path = _folder[name];
        using var writer = new StreamWriter(path);
        writer.WriteLine("email,full name,company,phone");
        for (var i = 0; i < count; i++)
        {
            // Scattered, as addresses are: in order, an index would only ever grow at its end.
            var person = (uint)i * 2654435761u;
            writer.WriteLine($"user{person}@example.com,Name {i},Company {i % 97},+49 30 {i}");
        }

        return path;
    }

    // What the import itself took, without the start of the program.
    private static double Seconds(MeasuredRun run) => JsonDocument.Parse(run.Output).RootElement.GetProperty("seconds").GetDouble();

    private string NewQueue() => $"bench-{++_queues}";

    private static async Task<double> MedianAsync(Func<Task<double>> measure)
    {
        var seconds = new List<double>();
        for (var i = 0; i < Repeats; i++)
        {
            seconds.Add(await measure());
        }

        return Median(seconds);
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static void Print(string what, string figure) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what,-48} {figure}"));
}
