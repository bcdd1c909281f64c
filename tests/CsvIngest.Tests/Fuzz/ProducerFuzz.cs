using System.Diagnostics;
using System.Globalization;
using CsvIngest.Testing;
using CsvIngest.Importing;
using CsvIngest.Importing.Sources;
using CsvIngest.Producer.CommandLine;
using CsvIngest.Hosting;
using CsvIngest.Store;
using CsvIngest.Tests.Importing;
using CsvIngest.Tests.Reading;
using Shouldly;
using Xunit;

namespace CsvIngest.Tests.Fuzz;

/// <summary>
/// <c>make fuzz</c>: imports mutated samples with random flags for CSVINGEST_TEST_SECONDS, most of them in this process, some with the
/// built program. CSVINGEST_TEST_SEED repeats a run.
/// </summary>
public sealed class ProducerFuzz : IDisposable
{
    private const int ProgramEvery = 100;
    private const int MemoryEvery = 1000;
    private const int MostFailures = 10;

    /// <summary>How many characters of a failure are shown: the start of a comparison of two large files is enough.</summary>
    private const int MostReason = 4000;

    /// <summary>How many bytes memory may grow between the first measurement and a later one. A guess, far below what a leak amounts to.</summary>
    private const long MemoryMargin = 96L << 20;

    private const long WorkingSetMargin = 512L << 20;

    /// <summary>How long one file may take: a guess, a thousand times the usual time.</summary>
    private static readonly TimeSpan FileLimit = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan MinimisingLimit = TimeSpan.FromSeconds(10);

    private readonly WorkFolder _folder = new();
    private readonly Dictionary<string, string> _failures = [];
    private readonly SortedDictionary<int, int> _codes = [];
    private long _rows;
    private TimeSpan _slowest;
    private string _slowestInput = "";

    public void Dispose() => _folder.Dispose();

    [Fact(Explicit = true)]
    public async Task No_file_brings_the_producer_down()
    {
        var time = TimeSpan.FromSeconds(Number("CSVINGEST_TEST_SECONDS") ?? 60);
        var seed = Number("CSVINGEST_TEST_SEED") ?? Random.Shared.Next(1_000_000);
        Say($"CSVINGEST_TEST_SEED={seed}, {time.TotalSeconds:0} s");

        var clock = Stopwatch.StartNew();
        (long Managed, long WorkingSet)? memory = null;
        var number = 0;
        for (; clock.Elapsed < time && _failures.Count < MostFailures; number++)
        {
            var input = FuzzInput.Of(seed, number);
            if (await FailureAsync(input, withProgram: number % ProgramEvery == 0) is { } failure)
            {
                await KeepAsync(input, failure, $"{seed}-{number}");
            }

            if (number > 0 && number % MemoryEvery == 0)
            {
                var now = (GC.GetTotalMemory(forceFullCollection: true), Environment.WorkingSet);
                memory ??= now;
                now.Item1.ShouldBeLessThan(memory.Value.Managed + MemoryMargin, $"memory after {number} files");
                now.Item2.ShouldBeLessThan(memory.Value.WorkingSet + WorkingSetMargin, $"working set after {number} files");
            }
        }

        Say($"{number} files, {_rows} rows; exit codes: {string.Join(", ", _codes.Select(code => $"{code.Key} {code.Value} times"))}");
        Say($"slowest: {_slowest.TotalSeconds:0.000} s ({_slowestInput})");
        Say($"memory: {memory?.Managed >> 20} MiB, then {GC.GetTotalMemory(forceFullCollection: true) >> 20} MiB");
        _failures.Values.ShouldBeEmpty();
    }

    private async Task KeepAsync(FuzzInput input, Exception failure, string name)
    {
        var kind = KindOf(failure);
        if (_failures.ContainsKey(kind))
        {
            return;
        }

        // A file that hung once hangs again, and leaves a busy thread behind each time.
        var kept = failure is TimeoutException
            ? input
            : await input.MinimiseAsync(
                async smaller => await FailureAsync(smaller, withProgram: false) is { } again && KindOf(again) == kind, MinimisingLimit);
        var path = Repository.PathOf("artifacts", "fuzz", name + ".csv");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await File.WriteAllBytesAsync(path, kept.Bytes);
        _failures[kind] = $"--file {path} {string.Join(' ', kept.Flags)} (blocks of {kept.BlockBytes} bytes)";
        var reason = failure.ToString();
        Say($"{_failures[kind]}\n{reason[..Math.Min(reason.Length, MostReason)]}");
    }

    private async Task<Exception?> FailureAsync(FuzzInput input, bool withProgram)
    {
        try
        {
            await CheckAsync(input, withProgram);
            return null;
        }
        catch (Exception failure)
        {
            return failure;
        }
    }

    private async Task CheckAsync(FuzzInput input, bool withProgram)
    {
        // Those of what came through a pipe are kept, and the next ones would have numbers.
        foreach (var earlier in Directory.EnumerateFiles(_folder.FullPath, "*.csv"))
        {
            File.Delete(earlier);
        }

        await File.WriteAllBytesAsync(_folder["f.csv"], input.Bytes);
        string[] arguments = ["--file", _folder["f.csv"], "--dry-run", "--json", .. input.Flags];
        var began = Stopwatch.GetTimestamp();
        var (code, options, file) = await ImportAsync(arguments, input.BlockBytes);
        Time(Stopwatch.GetElapsedTime(began), input);
        _codes[code] = _codes.GetValueOrDefault(code) + 1;
        if (withProgram)
        {
            await CheckProgramAsync(arguments, code, file);
        }

        if (file is not null)
        {
            await CheckOtherCutAsync(_folder["f.csv"], options!, file);
            await CheckRejectsAgainAsync(input.Bytes, options!, file);
        }
    }

    /// <summary>Asserts that neither the size of a block nor the number of rows per slice changes the fate of a row.</summary>
    private static async Task CheckOtherCutAsync(string path, ImportOptions options, ImportedFile file)
    {
        var slices = options.Slices;
        var other = await ImportAsync(path, options with
        {
            RejectsFolder = null,
            Slices = slices with
            {
                RowsPerMessage = slices.RowsPerMessage + 1,
                Reading = slices.Reading with { BlockBytes = slices.Reading.BlockBytes == 777 ? 1 << 20 : 777 },
            },
        });
        other.Fates().ShouldBe(file.Fates());
    }

    private async Task CheckRejectsAgainAsync(byte[] bytes, ImportOptions options, ImportedFile file)
    {
        if (file.Rejected.Length == 0)
        {
            return;
        }

        await File.WriteAllBytesAsync(_folder["again.csv"], file.Rejected);
        var slices = options.Slices;
        var pinned = ReadFile.From(Decompress(bytes), slices.Reading, DatasetFiles.Find(slices.Dataset, null), slices.Map).Shape.Pinned;
        // Of bytes that are ASCII, NUL included, the rejected ones alone may look like UTF-16.
        pinned = pinned with { Encoding = pinned.Encoding ?? "utf-8" };
        var again = await ImportAsync(_folder["again.csv"], options with { Slices = slices with { Reading = pinned } });
        again.ShouldBalance(slices.RowsPerMessage);
        if (!file.RejectsDependOnWhatFollows(pinned.Quote.Mark))
        {
            again.Rejections.Select(Reason).ShouldBe(file.Rejections.Select(Reason));
        }

        // Without a header, the byte order mark of the first rejected record is that of the rejects file.
        static string Reason(Rejection rejection) => $"{rejection.Column} {rejection.Code} {rejection.Raw.TrimStart('\uFEFF')}";
    }

    private static byte[] Decompress(byte[] bytes)
    {
        using var open = Source.FromStream("f.csv", () => new MemoryStream(bytes)).Open(new ExpansionLimit(), isClaimed: true, CancellationToken.None);
        using var whole = new MemoryStream();
        open.Bytes.CopyTo(whole);
        return whole.ToArray();
    }

    private async Task<(int Code, ImportOptions? Options, ImportedFile? File)> ImportAsync(string[] arguments, int blockBytes)
    {
        var command = new ProducerCommand();
        var parsed = command.Root.Parse(arguments);
        if (parsed.Errors.Count > 0)
        {
            return (ExitCodes.Usage, null, null);
        }

        try
        {
            var settings = new ProgramSettings(new Dictionary<string, string?>(), new Dictionary<string, string>(), string.Empty);
            var options = command.Options(parsed, settings).Import;
            var slices = options.Slices;
            options = options with
            {
                RejectsFolder = _folder.FullPath,
                Slices = slices with { Reading = slices.Reading with { BlockBytes = blockBytes } },
            };
            var file = await ImportAsync(_folder["f.csv"], options);
            file.ShouldBalance(slices.RowsPerMessage);
            file.ShouldExplainItsRejects();
            _rows += file.Result.RowsRead;
            return (ExitCodes.Done, options, file);
        }
        catch (Exception failure) when (Exit.CodeOf(failure) is ExitCodes.Usage or ExitCodes.DataError)
        {
            return (Exit.CodeOf(failure), null, null);
        }
    }

    // As a stream: an import that cannot be resumed spares the disk.
    private static Task<ImportedFile> ImportAsync(string path, ImportOptions options) => Task.Run(() => ImportedFile.FromAsync(
        Source.FromStream(Path.GetFileName(path), () => File.OpenRead(path)), options, DatasetFiles.Find(options.Slices.Dataset, null)))
        .WaitAsync(FileLimit);

    private async Task CheckProgramAsync(string[] arguments, int code, ImportedFile? file)
    {
        var result = (await Programs.RunAsync("producer", arguments, _folder, FileLimit)).ShouldExitWith(code);
        if (code == ExitCodes.Usage)
        {
            return;
        }

        var summary = result.Json();
        summary.GetProperty("outcome").GetString().ShouldBe(file is null ? "failed" : "dry-run");
        if (file is not null)
        {
            (Count("rowsRead"), Count("rowsSent"), Count("rowsRejected"), Count("rowsDuplicate")).ShouldBe(
                (file.Result.RowsRead, file.Result.RowsSent, file.Result.RowsRejected, file.Result.RowsDuplicate), result.ToString());
            (await BytesAsync("f.errors.csv")).ShouldBe(file.Errors);
            (await BytesAsync("f.rejected.csv")).ShouldBe(file.Rejected);
        }

        long Count(string name) => summary.GetProperty(name).GetInt64();
    }

    private void Time(TimeSpan taken, FuzzInput input)
    {
        if (taken > _slowest)
        {
            _slowest = taken;
            _slowestInput = $"{input.Bytes.Length} bytes: {string.Join(' ', input.Flags)}, blocks of {input.BlockBytes}";
        }
    }

    private async Task<byte[]> BytesAsync(string name) =>
        File.Exists(_folder[name]) ? await File.ReadAllBytesAsync(_folder[name]) : [];

    /// <summary>The type of a failure and where it was thrown: failures of one kind mostly have one cause.</summary>
    private static string KindOf(Exception failure)
    {
        var frames = failure.StackTrace?.Split('\n').Where(frame => frame.Contains("CsvIngest", StringComparison.Ordinal)).Take(1) ?? [];
        return $"{failure.GetType().Name} {string.Concat(frames)}";
    }

    private static int? Number(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;

    private static void Say(string line) => TestContext.Current.TestOutputHelper!.WriteLine(line);
}
