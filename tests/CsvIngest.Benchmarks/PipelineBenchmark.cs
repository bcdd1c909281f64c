using System.Diagnostics;
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

    /// <summary>How often the benchmark looks whether something has happened; short beside what it measures.</summary>
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(10);

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
        await EndToEndAsync();
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

    private async Task EndToEndAsync()
    {
        // As files are: a tenth of the rows repeats an address of before, and a hundredth has none.
        var mixed = WriteFile("mixed.csv", rows, MixedAddress);
        await CompareAsync($"{rows:N0} new rows, 10 % duplicate, 1 % invalid", 1.9, rows, Psql(mixed), Pipeline(mixed));

        var again = WriteFile("again.csv", rows);
        await PrepareAsync(again);
        await CompareAsync("the same file again: all duplicates", 0.8, rows, Psql(again, keep: true), Pipeline(again, keep: true));

        var some = WriteFile("some.csv", rows / 100, i => AddressOf(i * 100));
        await CompareAsync(
            "1 % of the keys there before, scattered", 1.3, rows,
            Psql(again, keep: true, prepare: () => PrepareAsync(some)), Pipeline(again, keep: true, prepare: () => PrepareAsync(some)));

        var few = WriteFile("few.csv", rows / 20);
        await CompareAsync($"{rows / 20:N0} rows, consumer running", 0.8, rows / 20, Psql(few), Pipeline(few, consumerRuns: true));

        var many = WriteFile("many.csv", rows * 5);
        await CompareAsync($"{rows * 5:N0} rows", 2.2, rows * 5, Psql(many), Pipeline(many));
        await EmbeddedAsync(again);
        await OneRowPerMessageAsync(few);
    }

    private async Task EmbeddedAsync(string file)
    {
        var path = _folder["embedded.db"];
        await CompareAsync(
            "SQLite on both sides, beside sqlite3", 0.5, rows,
            () => TimeAsync(() => MeasuredRun.OfAsync(
                "sqlite3", ":memory:", $"ATTACH '{FreshFile(path)}' AS d", "PRAGMA d.journal_mode = wal",
                "CREATE TABLE staging (email, full_name, company, phone)",
                "CREATE TABLE d.target (email TEXT PRIMARY KEY, full_name, company, phone)",
                ".mode csv", $".import --skip 1 {file} staging", "INSERT OR IGNORE INTO d.target SELECT * FROM staging")),
            async () =>
            {
                var address = $"sqlite:{FreshFile(path)}";
                await MeasuredRun.OfAsync(Consumer, "migrate", "--database", address);
                return await TimeAsync(async () =>
                {
                    using var consumer = new MeasuredRun.RunningMeasure(Consumer, "--broker", address, "--database", address);
                    await MeasuredRun.OfAsync(Producer, "--file", file, "--json", "--broker", address);
                    await MeasuredRun.OfAsync(Consumer, "status", "--wait", "600", "--broker", address, "--database", address);
                    await consumer.StopAsync();
                });
            });
    }

    private Task OneRowPerMessageAsync(string file) => CompareAsync(
        "one row per message, beside a plain program", 2.5, rows / 20,
        () => PlainProgram.RunAsync(file, _rabbit.Address, NewQueue(), PostgresAddress.ToConnectionString(Database)),
        Pipeline(file, options: ["--rows-per-message", "1"]));

    /// <summary>Measures the two in turn, so that what else the machine does affects both, and prints medians, spreads and their ratio.</summary>
    private static async Task CompareAsync(string what, double atLeast, int count, Func<Task<double>> theirs, Func<Task<double>> ours)
    {
        var (their, our) = (new List<double>(), new List<double>());
        for (var i = 0; i < Repeats; i++)
        {
            their.Add(await theirs());
            our.Add(await ours());
        }

        Print(what, $"{Rates(count, our)} rows/s, beside {Rates(count, their)}: {Median(their) / Median(our):N2} (at least {atLeast:N1})");
    }

    private static string Rates(int count, List<double> seconds) =>
        $"{count / Median(seconds):N0} ({count / seconds.Max():N0} to {count / seconds.Min():N0})";

    /// <summary>What psql alone takes to load a file into a table with a key.</summary>
    /// <param name="keep">Whether the table keeps what the preparation put there; otherwise it is empty.</param>
    private Func<Task<double>> Psql(string file, bool keep = false, Func<Task>? prepare = null) => async () =>
    {
        const string Tables = """
            DROP TABLE IF EXISTS staging;
            CREATE TABLE staging (email text, full_name text, company text, phone text);
            CREATE TABLE IF NOT EXISTS target (email text PRIMARY KEY, full_name text, company text, phone text)
            """;
        await (prepare?.Invoke() ?? Task.CompletedTask);
        await SqlAsync(Tables, keep ? "SELECT" : "TRUNCATE target", "CHECKPOINT");
        return await TimeAsync(() => MeasuredRun.OfAsync("psql", [Database, "-q", "-v", "ON_ERROR_STOP=1", .. Load(file)]));
    };

    private static string[] Load(string file) =>
    [
        "-c", $"\\copy staging FROM '{file}' WITH (FORMAT csv, HEADER)",
        "-c", "INSERT INTO target SELECT * FROM staging ON CONFLICT DO NOTHING",
    ];

    /// <summary>From the start of the producer until every row has its fate in the table.</summary>
    private Func<Task<double>> Pipeline(
        string file, bool keep = false, bool consumerRuns = false, Func<Task>? prepare = null, params string[] options) => async () =>
    {
        await (prepare?.Invoke() ?? Task.CompletedTask);
        await SqlAsync($"TRUNCATE {(keep ? "" : "contacts, ")}imports, import_slices, rejected_rows", "CHECKPOINT");
        var (queue, ready) = (NewQueue(), _folder["ready"]);
        using var consumer = new MeasuredRun.RunningMeasure(
            Consumer, "--parallel", "2", "--ready-file", ready, "--broker", _rabbit.Address, "--queue", queue, "--database", Database);
        while (consumerRuns && !File.Exists(ready))
        {
            await Task.Delay(PollInterval);
        }

        var seconds = await TimeAsync(async () =>
        {
            await MeasuredRun.OfAsync(
                Producer, ["--file", file, "--rejects", _folder.FullPath, "--json", "--broker", _rabbit.Address, "--queue", queue, .. options]);
            await UntilCompleteAsync();
        });
        await consumer.StopAsync();
        return seconds;
    };

    /// <summary>Fills both tables with a file.</summary>
    private async Task PrepareAsync(string file)
    {
        await SqlAsync("TRUNCATE contacts", "DROP TABLE IF EXISTS target");
        await Psql(file)();
        await SqlAsync("""
            INSERT INTO contacts (email, full_name, import_id, line)
            SELECT email, full_name, gen_random_uuid(), 1 FROM target ORDER BY email COLLATE "C"
            """);
    }

    private async Task UntilCompleteAsync()
    {
        await using var source = NpgsqlDataSource.Create(PostgresAddress.ToConnectionString(Database));
        await using var complete = source.CreateCommand("""
            SELECT count(*) FROM imports i
            WHERE closed_at IS NOT NULL AND slices = (SELECT count(*) FROM import_slices s WHERE s.import_id = i.import_id)
            """);
        while (await complete.ExecuteScalarAsync() is not 1L)
        {
            await Task.Delay(PollInterval);
        }
    }

    private Task SqlAsync(params string[] statements) =>
        MeasuredRun.OfAsync("psql", [Database, "-q", .. statements.SelectMany(statement => (string[])["-c", statement])]);

    private static async Task<double> TimeAsync(Func<Task> work)
    {
        var clock = Stopwatch.StartNew();
        await work();
        return clock.Elapsed.TotalSeconds;
    }

    private static string FreshFile(string path)
    {
        foreach (var suffix in (string[])["", "-wal", "-shm"])
        {
            File.Delete(path + suffix);
        }

        return path;
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

    private string WriteFile(string name, int count, Func<int, string>? addressOf = null)
    {
        var path = _folder[name];
        using var writer = new StreamWriter(path);
        writer.WriteLine("email,full name,company,phone");
        for (var i = 0; i < count; i++)
        {
            writer.WriteLine($"{(addressOf ?? AddressOf)(i)},Name {i},Company {i % 97},+49 30 {i}");
        }

        return path;
    }

    // Scattered, as addresses are: in order, an index would only ever grow at its end.
    private static string AddressOf(int i) => $"user{(uint)i * 2654435761u}@example.com";

    private static string MixedAddress(int i) => i % 100 == 99 ? $"nobody {i}" : AddressOf(i % 10 == 5 ? i / 2 : i);

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
