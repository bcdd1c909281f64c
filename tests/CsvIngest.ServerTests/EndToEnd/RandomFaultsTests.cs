using System.Globalization;
using CsvIngest.Testing;
using CsvIngest.ServerTests.Servers;
using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.EndToEnd;

/// <summary>
/// <c>make soak</c>: a stream of imports, while programs and servers are killed, stopped and restarted at random for
/// CSVINGEST_TEST_SECONDS. The seed is printed; CSVINGEST_TEST_SEED gives another. The same seed gives the same faults in the
/// same order, though not at the same row.
/// </summary>
public sealed class RandomFaultsTests : IAsyncLifetime
{
    private const int Consumers = 3;

    private readonly RabbitMqInstance _broker = RabbitMqInstance.Create();
    private readonly PostgresInstance _database = PostgresInstance.Create();
    private readonly Dictionary<string, int> _faults = new(StringComparer.Ordinal);
    private readonly Lock _producing = new();
    private FaultScenario _trial = null!;
    private RunningProgram? _producer;
    private int _recoveries;

    public async ValueTask InitializeAsync()
    {
        await Task.WhenAll(_broker.StartAsync(), _database.StartAsync());
        _trial = await FaultScenario.PrepareAsync(_broker.Address, _database.AddressOf("postgres"), Setting("CSVINGEST_TEST_SEED"));
    }

    public async ValueTask DisposeAsync()
    {
        await _trial.DisposeAsync();
        await _broker.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Fact(Explicit = true)]
    public async Task When_anything_may_break_at_any_time_nothing_is_lost_and_nothing_counts_twice()
    {
        var duration = TimeSpan.FromSeconds(Setting("CSVINGEST_TEST_SECONDS") ?? 120);
        Say($"seed {_trial.Seed}, {duration.TotalSeconds} s");
        await _trial.StartConsumersAsync(Consumers);
        using var end = new CancellationTokenSource(duration);

        var importing = ImportAsync(end.Token);
        while (!end.IsCancellationRequested && !importing.IsCompleted)
        {
            await BreakSomethingAsync();
            _trial.Consumers.Where(consumer => consumer.HasExited).ShouldBeEmpty("a consumer ended by itself");
            // The rhythm of the faults: sometimes the next one comes before all have recovered from the last.
            await PauseAsync(200, 3000);
        }

        var imports = await importing;
        Say($"{imports} imports; {string.Join(", ", _faults.OrderBy(fault => fault.Key, StringComparer.Ordinal).Select(fault => $"{fault.Value} × {fault.Key}"))}");
        imports.ShouldBePositive();
        _faults.Values.Sum().ShouldBePositive();
        var closing = await VerdictAsync();
        _trial.Ended.ToList().ForEach(CountRecoveries);
        Say($"{closing}, {_recoveries} connections made again");
        (closing.Redelivered + _recoveries).ShouldBePositive($"nothing came again, seed {_trial.Seed}");
    }

    private static int? Setting(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? int.Parse(value, CultureInfo.InvariantCulture) : null;

    private static void Say(string line) => TestContext.Current.TestOutputHelper!.WriteLine(line);

    private async Task<int> ImportAsync(CancellationToken end)
    {
        var imports = 0;
        while (!end.IsCancellationRequested)
        {
            var rowsPerMessage = (int[])[1, 7, 50, 200];
            await _trial.ImportThroughFaultsAsync(
                rows: 10_000,
                rowsPerMessage[imports % rowsPerMessage.Length],
                people: $"soak{imports}",
                started: SetProducer,
                ended: OnProducerEnded);
            imports++;
            Say($"import {imports} is published");
        }

        return imports;
    }

    private async Task BreakSomethingAsync()
    {
        var random = _trial.Random;
        var consumer = _trial.Consumers[random.Next(_trial.Consumers.Count)];
        switch (random.Next(12))
        {
            case 0 or 1:
                await FaultAsync("consumer killed", () => _trial.KillAsync(consumer));
                break;
            case 2:
                await FaultAsync("consumer terminated", () => _trial.TerminateAsync(consumer));
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
                Count("backends terminated", await _trial.TerminateBackendsAsync());
                break;
            case 8:
                await FaultAsync("database restarted", () => RestartAsync(_database.StopAsync, _database.StartAsync));
                break;
            case 9:
                await FaultAsync("database killed", () => RestartAsync(_database.KillAsync, _database.StartAsync));
                break;
            case 10:
                await FaultAsync("broker restarted", () => RestartAsync(_broker.StopAsync, _broker.StartAsync));
                break;
            case 11:
                await FaultAsync("broker killed", () => RestartAsync(_broker.KillAsync, _broker.StartAsync));
                break;
        }

        while (_trial.Consumers.Count < Consumers)
        {
            _trial.StartConsumer("--parallel", random.Next(1, 3).ToString(CultureInfo.InvariantCulture));
        }
    }

    private async Task FaultAsync(string name, Func<Task> fault)
    {
        Say(name);
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

    // It may just have ended, or not have been started: how it ended tells whether it was hit.
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
        _recoveries += program.Error.Split(" again after ").Length + program.Error.Split(" is back after ").Length - 2;

    private async Task RestartAsync(Func<Task> end, Func<Task> start)
    {
        await end();
        await PauseAsync(0, 3000);
        await start();
    }

    private Task PauseAsync(int fromMilliseconds, int toMilliseconds) =>
        Task.Delay(_trial.Random.Next(fromMilliseconds, toMilliseconds), TestContext.Current.CancellationToken);

    // Restarts spend the delivery limit of messages that are in hand each time: what is dead-lettered for that is replayed.
    private async Task<ClosingLine> VerdictAsync()
    {
        await _trial.UntilAsync(async () =>
        {
            if (await _trial.DeadLetteredAsync() > 0)
            {
                var letters = (await _trial.DeadLettersAsync("list", "--json")).ShouldExitWith(0).Json();
                letters.EnumerateArray().ShouldAllBe(letter => letter.GetProperty("reason").GetString() == "delivery-limit");
                Say((await _trial.DeadLettersAsync("replay")).ShouldExitWith(0).Output);
            }

            return await _trial.QueuedAsync() == 0 && await _trial.DeadLetteredAsync() == 0;
        });
        return await _trial.VerdictAsync();
    }
}
