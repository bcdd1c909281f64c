using System.Diagnostics;
using System.Globalization;
using CsvIngest.ServerTests.EndToEnd.Harness;
using CsvIngest.ServerTests.Servers;
using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.EndToEnd.Soak;

/// <summary>
/// <c>make soak</c>: a stream of imports, while programs and servers are killed, stopped and restarted at random for
/// CSVINGEST_TEST_SECONDS, in rounds of at most five minutes that each end with a verdict. The seed is printed, and
/// CSVINGEST_TEST_SEED sets it. The same seed gives the same faults in the same order, but not at the same row.
/// </summary>
public sealed class RandomFaultsTests : IAsyncLifetime
{
    private const int Consumers = 3;

    /// <summary>What is wrong is found soon after it happened, and a verdict has millions of rows in memory, not tens of millions.</summary>
    private static readonly TimeSpan LongestRound = TimeSpan.FromMinutes(5);

    /// <summary>An import through faults takes seconds, and each outage less than half a minute. A guess.</summary>
    private static readonly TimeSpan ImportTimeout = TimeSpan.FromMinutes(10);

    private readonly int _seed = Setting("CSVINGEST_TEST_SEED") ?? Random.Shared.Next();
    private readonly Random _random;
    private readonly RabbitMqCluster _brokers;
    private readonly PostgresInstance _database = PostgresInstance.Create();
    private readonly Dictionary<string, int> _faults = new(StringComparer.Ordinal);
    private readonly Lock _producing = new();
    private FaultScenario _scenario = null!;
    private RunningProgram? _producer;
    private int _recoveries;

    public RandomFaultsTests()
    {
        _random = new Random(_seed);
        // Without this, brokers that were cut off stay apart until somebody starts them again.
        _brokers = new RabbitMqCluster("cluster_partition_handling = pause_minority");
    }

    public async ValueTask InitializeAsync() => await Task.WhenAll(_brokers.StartAsync(), _database.StartAsync());

    public async ValueTask DisposeAsync()
    {
        await _brokers.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Fact(Explicit = true)]
    public async Task When_anything_may_break_at_any_time_nothing_is_lost_and_nothing_counts_twice()
    {
        var left = TimeSpan.FromSeconds(Setting("CSVINGEST_TEST_SECONDS") ?? 120);
        Report($"seed {_seed}, {left.TotalSeconds} s");
        var (imports, rows, redelivered) = (0, 0L, 0L);
        for (var round = 1; left > TimeSpan.Zero; round++)
        {
            var duration = left < LongestRound ? left : LongestRound;
            var (files, closing) = await RunRoundAsync($"round{round}", duration);
            Report($"round {round}: {files.Count} imports, {files.Sum(file => file.Oracle.Rows)} rows, nothing lost, all books right; {closing}");
            imports += files.Count;
            rows += files.Sum(file => file.Oracle.Rows);
            redelivered += closing.Redelivered;
            left -= duration;
        }

        var faults = _faults.OrderBy(fault => fault.Key, StringComparer.Ordinal).Select(fault => $"{fault.Value} × {fault.Key}");
        Report($"{imports} imports, {rows} rows, {redelivered} messages redelivered, {_recoveries} connections replaced");
        Report($"{_faults.Values.Sum()} faults: {string.Join(", ", faults)}");
        _faults.Values.Sum().ShouldBePositive();
        (redelivered + _recoveries).ShouldBePositive($"nothing was redelivered, seed {_seed}");
    }

    private static int? Setting(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? int.Parse(value, CultureInfo.InvariantCulture) : null;

    private static void Report(string line) => TestContext.Current.TestOutputHelper!.WriteLine(line);

    // On a queue and a database of its own.
    private async Task<(IReadOnlyList<TrackedFile> Files, ClosingLine Closing)> RunRoundAsync(string database, TimeSpan duration)
    {
        await _database.ExecuteAsync($"CREATE DATABASE {database}");
        _scenario = await FaultScenario.PrepareAsync(new ServerEnvironment(_brokers.Address, _database.AddressOf(database)), _seed);
        await using (_scenario)
        {
            await _scenario.Consumers.StartAsync(Consumers);
            using var end = new CancellationTokenSource(duration);

            var importing = ImportAsync(end.Token);
            while (!end.IsCancellationRequested && !importing.IsCompleted)
            {
                Count("consumer without a server", await _scenario.Consumers.RemoveUnavailableAsync());
                await BreakSomethingAsync();
                // The rhythm of the faults: sometimes the next one comes before everything has recovered from the last.
                await PauseAsync(200, 3000);
            }

            await importing;
            var closing = await VerdictAsync();
            _scenario.Consumers.Ended.ToList().ForEach(CountRecoveries);
            return (_scenario.Verdict.Files, closing);
        }
    }

    private async Task ImportAsync(CancellationToken end)
    {
        int[] rowsPerMessage = [1, 7, 50, 200];
        for (var import = 1; !end.IsCancellationRequested; import++)
        {
            await ImportThroughFaultsAsync(
                _scenario.Write(10_000, $"soak{import}"), rowsPerMessage[import % rowsPerMessage.Length]);
        }
    }

    // Runs the producer, and the same command again as often as it is killed, interrupted or ends with "try again later".
    private async Task ImportThroughFaultsAsync(TrackedFile file, int rowsPerMessage)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            await using var producer = file.StartProducer("--rows-per-message", $"{rowsPerMessage}");
            SetProducer(producer);
            var result = await file.WaitForExitAsync(TimeSpan.FromMinutes(5));
            OnProducerEnded(result);
            if (result.ExitCode is not (137 or 130 or 75))
            {
                result.ShouldExitWith(0);
                return;
            }

            Stopwatch.GetElapsedTime(started).ShouldBeLessThan(ImportTimeout, $"{file.Name} was not imported in time, seed {_seed}\n{result}");
        }
    }

    private async Task BreakSomethingAsync()
    {
        var consumer = _scenario.Consumers.Running[_random.Next(_scenario.Consumers.Running.Count)];
        switch (_random.Next(16))
        {
            case 0 or 1:
                await FaultAsync("consumer killed", () => _scenario.Consumers.KillAsync(consumer));
                break;
            case 2:
                await FaultAsync("consumer terminated", () => _scenario.Consumers.TerminateAsync(consumer));
                break;
            case 3:
                await FaultAsync("consumer frozen", async () =>
                {
                    consumer.SendSignal(Signal.Stop);
                    await PauseAsync(500, 5000);
                    consumer.SendSignal(Signal.Continue);
                });
                break;
            case 4 or 5:
                SignalProducer(Signal.Kill);
                break;
            case 6:
                SignalProducer(Signal.Interrupt);
                break;
            case 7:
                Count("backends terminated", await _scenario.Tables.TerminateBackendsAsync());
                break;
            case 8:
                await FaultAsync("database restarted", () => RestartAsync(_database.StopAsync, _database.StartAsync));
                break;
            case 9:
                await FaultAsync("database killed", () => RestartAsync(_database.KillAsync, _database.StartAsync));
                break;
            default:
                await BreakBrokersAsync();
                break;
        }

        while (_scenario.Consumers.Running.Count < Consumers)
        {
            _scenario.Consumers.Start("--parallel", _random.Next(1, 3).ToString(CultureInfo.InvariantCulture));
        }
    }

    private async Task BreakBrokersAsync()
    {
        var node = _brokers.Nodes[_random.Next(_brokers.Nodes.Count)];
        switch (_random.Next(6))
        {
            case 0:
                await FaultAsync("broker restarted", () => RestartAsync(node.StopAsync, _brokers.StartAsync));
                break;
            case 1:
                await FaultAsync("broker killed", () => RestartAsync(node.KillAsync, _brokers.StartAsync));
                break;
            case 2:
                await FaultAsync("leader killed", () => RestartAsync(
                    async () => await (await _brokers.LeaderOfAsync(_scenario.Queue)).KillAsync(), _brokers.StartAsync));
                break;
            case 3:
                await FaultAsync("most brokers killed", () => RestartAsync(
                    () => Task.WhenAll(_brokers.Nodes.Where(other => other != node).Select(other => other.KillAsync())), _brokers.StartAsync));
                break;
            case 4:
                await FaultAsync("broker cut off", async () =>
                {
                    await _brokers.CutOffAsync(node);
                    await PauseAsync(0, 5000);
                    await _brokers.ReconnectAsync(node);
                    await _brokers.StartAsync();
                });
                break;
            case 5:
                await FaultAsync("broker frozen", async () =>
                {
                    await node.FreezeAsync();
                    await PauseAsync(500, 5000);
                    await node.ResumeAsync();
                });
                break;
        }
    }

    private async Task FaultAsync(string name, Func<Task> fault)
    {
        Report(name);
        await fault();
        Count(name, 1);
    }

    private void Count(string name, long times)
    {
        if (times > 0)
        {
            lock (_faults)
            {
                _faults[name] = _faults.GetValueOrDefault(name) + 1;
            }
        }
    }

    // It may have ended already, or not have been started: its exit code shows whether the signal reached it.
    private void SignalProducer(Signal signal)
    {
        lock (_producing)
        {
            _producer?.SendSignal(signal);
        }
    }

    private void SetProducer(RunningProgram? producer)
    {
        lock (_producing)
        {
            _producer = producer;
        }
    }

    private void OnProducerEnded(ProgramResult producer)
    {
        SetProducer(null);
        Count("producer killed", producer.ExitCode == 137 ? 1 : 0);
        Count("producer interrupted", producer.ExitCode == 130 ? 1 : 0);
        CountRecoveries(producer);
    }

    private void CountRecoveries(ProgramResult program) =>
        _recoveries += program.Error.Split(" reconnected to ").Length + program.Error.Split(" available again after ").Length - 2;

    private async Task RestartAsync(Func<Task> end, Func<Task> start)
    {
        await end();
        await PauseAsync(0, 3000);
        await start();
    }

    private Task PauseAsync(int fromMilliseconds, int toMilliseconds) =>
        Task.Delay(_random.Next(fromMilliseconds, toMilliseconds), TestContext.Current.CancellationToken);

    // Messages that are held at every restart reach the delivery limit: what is dead-lettered for that reason is replayed.
    private async Task<ClosingLine> VerdictAsync()
    {
        await _scenario.UntilAsync(async () =>
        {
            if (await _scenario.Queues.DeadLetteredAsync() > 0)
            {
                var letters = (await _scenario.Environment.DeadLettersAsync("list", "--json")).ShouldExitWith(0).Json();
                letters.EnumerateArray().ShouldAllBe(letter => letter.GetProperty("reason").GetString() == "delivery-limit");
                Report((await _scenario.Environment.DeadLettersAsync("replay")).ShouldExitWith(0).Output);
            }

            return await _scenario.Queues.QueuedAsync() == 0 && await _scenario.Queues.DeadLetteredAsync() == 0;
        });
        return await _scenario.VerdictAsync();
    }
}
