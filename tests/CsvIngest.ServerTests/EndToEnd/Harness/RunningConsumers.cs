using CsvIngest.Testing;
using Shouldly;

namespace CsvIngest.ServerTests.EndToEnd.Harness;

/// <summary>The consumers of a scenario: those that run, and how the others ended.</summary>
public sealed class RunningConsumers(PipelineEnvironment environment) : IAsyncDisposable
{
    /// <summary>The time that supervisors give a program after SIGTERM.</summary>
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(30);

    private readonly List<RunningProgram> _running = [];
    private readonly List<ProgramResult> _ended = [];

    /// <summary>The consumers that run.</summary>
    public IReadOnlyList<RunningProgram> Running => _running;

    /// <summary>The results of the consumers that have ended.</summary>
    public IReadOnlyList<ProgramResult> Ended => _ended;

    /// <summary>Starts a consumer.</summary>
    public RunningProgram Start(params string[] flags) => StartOn(environment.Broker, environment.Database, flags);

    /// <summary>Starts a consumer with other addresses than the scenario's, such as those of proxies.</summary>
    public RunningProgram StartOn(string broker, string database, params string[] flags)
    {
        _running.Add(Programs.Start(
            "consumer", ["--broker", broker, "--database", database, "--queue", environment.Queue, .. flags], environment.Folder));
        return _running[^1];
    }

    /// <summary>Starts consumers and waits until they consume.</summary>
    public async Task<IReadOnlyList<RunningProgram>> StartAsync(int count, params string[] flags)
    {
        var started = Enumerable.Range(0, count).Select(_ => Start(flags)).ToList();
        foreach (var consumer in started)
        {
            await consumer.WaitForErrorLine("Consuming from");
        }

        return started;
    }

    /// <summary>Kills a consumer with SIGKILL.</summary>
    public async Task KillAsync(RunningProgram consumer)
    {
        _running.Remove(consumer);
        await KeepAsync(consumer, (await consumer.KillAsync()).ShouldExitWith(137));
    }

    /// <summary>Ends one consumer with SIGTERM. Asserts that it ends well and in time.</summary>
    public async Task TerminateAsync(RunningProgram consumer)
    {
        _running.Remove(consumer);
        consumer.SendSignal(Signal.Terminate);
        await KeepAsync(consumer, (await consumer.WaitForExitAsync(StopTimeout)).ShouldExitWith(0));
    }

    /// <summary>Sends SIGTERM to all consumers at once. Asserts that each ends well and in time.</summary>
    /// <returns>The sum of their closing lines.</returns>
    public async Task<ClosingLine> TerminateAsync()
    {
        _running.ForEach(consumer => consumer.SendSignal(Signal.Terminate));
        var ended = await Task.WhenAll(_running.Select(consumer => consumer.WaitForExitAsync(StopTimeout)));
        await DisposeAsync();
        _ended.AddRange(ended);
        return ended.Select(result => ClosingLine.Of(result.ShouldExitWith(0))).Aggregate(ClosingLine.Zero, (sum, line) => sum + line);
    }

    /// <summary>Runs one more consumer until the queue is empty.</summary>
    /// <returns>Its closing line.</returns>
    public async Task<ClosingLine> DrainAsync()
    {
        _ended.Add(await environment.DrainAsync());
        return ClosingLine.Of(_ended[^1].ShouldExitWith(0));
    }

    /// <summary>
    /// Takes away the consumers that ended with exit code 75, as they do if they find no server for a minute after their start, and a
    /// supervisor starts them again. Asserts that none has ended otherwise.
    /// </summary>
    /// <returns>How many there were.</returns>
    public async Task<int> RemoveUnavailableAsync()
    {
        var ended = _running.Where(consumer => consumer.HasExited).ToList();
        foreach (var consumer in ended)
        {
            _running.Remove(consumer);
            await KeepAsync(consumer, (await consumer.WaitForExitAsync()).ShouldExitWith(75));
        }

        return ended.Count;
    }

    /// <summary>Fails if a consumer has ended by itself.</summary>
    public void ShouldAllRun() => _running.Find(consumer => consumer.HasExited)?.ToString().ShouldBeNull("a consumer ended by itself");

    /// <summary>Everything that the running consumers have printed, to be read when a test has failed.</summary>
    public override string ToString() => string.Join('\n', _running);

    /// <summary>Kills those that still run.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var consumer in _running)
        {
            await consumer.DisposeAsync();
        }

        _running.Clear();
    }

    private async Task KeepAsync(RunningProgram consumer, ProgramResult result)
    {
        await consumer.DisposeAsync();
        _ended.Add(result);
    }
}
