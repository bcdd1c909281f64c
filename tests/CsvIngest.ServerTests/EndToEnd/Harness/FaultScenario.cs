using CsvIngest.ServerTests.Servers;
using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.EndToEnd.Harness;

/// <summary>Imports that meet a fault: files, consumers, probes to time the fault with, and the verdict in the end.</summary>
public sealed class FaultScenario : IAsyncDisposable
{
    private FaultScenario(ServerEnvironment environment, int? seed)
    {
        Environment = environment;
        Consumers = new RunningConsumers(environment);
        Verdict = new Verdict(environment);
        Queues = new QueueProbe(this);
        Tables = new DatabaseProbe(this);
        Seed = seed ?? System.Random.Shared.Next();
        Random = new Random(Seed);
        TestContext.Current.TestOutputHelper?.WriteLine($"Seed {Seed}");
    }

    /// <summary>The servers, the queue, the folder, and the ways to run the programs there.</summary>
    public ServerEnvironment Environment { get; }

    /// <summary>The consumers, running and ended.</summary>
    public RunningConsumers Consumers { get; }

    /// <summary>The imported files and what must have become of them.</summary>
    public Verdict Verdict { get; }

    public QueueProbe Queues { get; }

    public DatabaseProbe Tables { get; }

    public int Seed { get; }

    /// <summary>For the moments of faults, which are drawn from an import's progress. Its seed is in the test's output.</summary>
    public Random Random { get; }

    // What most lines of most tests name.
    public string Broker => Environment.Broker;

    public string Database => Environment.Database;

    public string Queue => Environment.Queue;

    public WorkFolder Folder => Environment.Folder;

    internal TcpProxy BrokerLink => Environment.BrokerLink;

    internal TcpProxy DatabaseLink => Environment.DatabaseLink;

    /// <summary>Declares the queues, creates the tables, and begins a scenario there. It disposes of the environment.</summary>
    /// <param name="environment">Where.</param>
    /// <param name="seed">Null for another one each time.</param>
    public static async Task<FaultScenario> PrepareAsync(ServerEnvironment environment, int? seed = null)
    {
        await environment.PrepareAsync();
        return new FaultScenario(environment, seed);
    }

    /// <summary>The same on the servers that all tests share.</summary>
    public static async Task<FaultScenario> PrepareAsync(BrokerServer brokers, DatabaseServer databases) =>
        await PrepareAsync(new ServerEnvironment(await brokers.AddressAsync(), await databases.CreateDatabaseAsync(), databases));

    /// <summary>The same, with a proxy before each server.</summary>
    public static async Task<FaultScenario> PrepareLinkedAsync(BrokerServer brokers, DatabaseServer databases) =>
        await PrepareAsync(ServerEnvironment.WithLinks(await brokers.AddressAsync(), await databases.CreateDatabaseAsync(), databases));

    /// <inheritdoc cref="Testing.Verdict.Write"/>
    public TrackedFile Write(int rows, string people = "person") => Verdict.Write(rows, people);

    /// <summary>Writes a file and runs the producer on it, to its end, while consumers may run.</summary>
    /// <param name="rows">The number of rows.</param>
    /// <param name="rowsPerMessage">Few make many messages, so that a fault falls in the middle.</param>
    /// <param name="people">See <see cref="GeneratedFile.Write"/>; different for each import.</param>
    public async Task<TrackedFile> ImportAsync(int rows, int rowsPerMessage = 5, string people = "person")
    {
        var file = Write(rows, people);
        (await file.ProduceAsync("--rows-per-message", $"{rowsPerMessage}")).ShouldExitWith(0);
        return file;
    }

    /// <summary>
    /// Waits until the queue holds this many messages, and then slows the producer's link to a fifth, so that the producer is still
    /// far from the end when the fault comes, even on a busy machine.
    /// </summary>
    public async Task UntilMidwayAsync(long messages)
    {
        await Queues.UntilQueuedAtLeastAsync(messages);
        BrokerLink.Delay *= 5;
    }

    /// <summary>Waits for a state that nothing signals. Fails if a consumer ends by itself meanwhile.</summary>
    public Task UntilAsync(Func<Task<bool>> condition) => Poll.UntilAsync(
        () =>
        {
            Consumers.ShouldAllRun();
            return condition();
        },
        () => $"seed {Seed}\n{Consumers}");

    /// <inheritdoc cref="UntilAsync(Func{Task{bool}})"/>
    public Task UntilAsync(Func<bool> condition) => UntilAsync(() => Task.FromResult(condition()));

    /// <summary>
    /// The end of every scenario: one more import succeeds; the consumers (one, where none runs) end well; every line of all
    /// imports has its fate, as <see cref="Testing.Verdict"/> checks; and no message is left.
    /// </summary>
    /// <returns>The sum of the consumers' closing lines.</returns>
    public async Task<ClosingLine> VerdictAsync()
    {
        await ImportAsync(500, people: $"after{Verdict.Files.Count}");
        var closing = ClosingLine.Zero;
        if (Consumers.Running.Count > 0)
        {
            await Verdict.WaitUntilCompleteAsync(Consumers.ShouldAllRun);
            closing = await Consumers.TerminateAsync();
        }

        // Messages that were published twice may be left, or may have been in hand until that signal.
        closing += await Consumers.DrainAsync();
        await Verdict.CheckAsync();
        (await Queues.QueuedAsync()).ShouldBe(0, "messages left in the queue");
        (await Queues.DeadLetteredAsync()).ShouldBe(0, "messages left in the dead-letter queue");
        return closing;
    }

    public async ValueTask DisposeAsync()
    {
        await Consumers.DisposeAsync();
        await Environment.DisposeAsync();
    }
}
