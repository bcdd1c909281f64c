using System.Data.Common;
using CsvIngest.Contracts;
using CsvIngest.Postgres;
using CsvIngest.RabbitMq;
using Npgsql;
using RabbitMQ.Client;
using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.Faults;

/// <summary>
/// Imports whose consumers meet a fault: a queue, a folder and any number of imports and consumers on some broker and database,
/// signals to wait for, and the verdict in the end.
/// </summary>
public sealed partial class Trial : Footing
{
    /// <summary>For anything that will happen, on a machine that is busy.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly List<RunningProgram> _consumers = [];
    private readonly List<TrialImport> _imports = [];

    private Trial(string broker, string database, int? seed)
    {
        Broker = broker;
        Database = database;
        Seed = seed ?? System.Random.Shared.Next();
        Random = new Random(Seed);
        TestContext.Current.TestOutputHelper?.WriteLine($"Seed {Seed}");
    }

    public override string Broker { get; }

    public override string Database { get; }

    public override int ManyRows => throw new NotSupportedException("Each import says how many rows it has.");

    public override int ManyMessages => ManyRows;

    public WorkFolder Folder { get; } = new();

    public int Seed { get; }

    /// <summary>For moments, which are drawn from progress. Its seed is in the test's output.</summary>
    public Random Random { get; }

    /// <summary>The consumers that run.</summary>
    public IReadOnlyList<RunningProgram> Consumers => _consumers;

    /// <summary>All messages that were published by <see cref="ImportAsync"/>.</summary>
    public long Messages => _imports.Sum(import => import.Messages);

    /// <summary>Makes the queues and the tables.</summary>
    /// <param name="broker">Its address.</param>
    /// <param name="database">The address of an empty database.</param>
    /// <param name="seed">Null for another one each time.</param>
    public static async Task<Trial> PrepareAsync(string broker, string database, int? seed = null)
    {
        var trial = new Trial(broker, database, seed);
        await trial.InitializeAsync();
        return trial;
    }

    public override DbConnection Connect() =>
        // Not pooled: a connection that a fault has broken would come back later.
        new NpgsqlConnection(PostgresAddress.ToConnectionString(Database) + ";Pooling=false;Application Name=test");

    public override async ValueTask InitializeAsync()
    {
        await using var broker = new RabbitMqBroker(RabbitMqOptions.Parse(Broker, Queue), new RecordedLogs());
        await broker.PrepareAsync(TestContext.Current.CancellationToken);
        (await RunConsumerAsync("migrate", "--database", Database)).ShouldExitWith(0);
    }

    public override async ValueTask DisposeAsync()
    {
        foreach (var consumer in _consumers)
        {
            await consumer.DisposeAsync();
        }

        Folder.Dispose();
        await WithChannelAsync(async channel =>
        {
            await channel.QueueDeleteAsync(Queue);
            return await channel.QueueDeleteAsync(DeadLetterQueue);
        });
    }

    /// <summary>Runs an import's producer to its end, while consumers may run.</summary>
    /// <param name="rows">How many.</param>
    /// <param name="rowsPerMessage">Few make many messages, so that a fault falls in the middle.</param>
    /// <param name="people">See <see cref="GeneratedFile.Write"/>; another for each import.</param>
    public async Task<TrialImport> ImportAsync(int rows, int rowsPerMessage = 5, string people = "person")
    {
        var file = GeneratedFile.Write(Folder[$"{people}.csv"], rows, people);
        var producer = (await ProduceAsync(Folder, file.Path, "--rows-per-message", $"{rowsPerMessage}")).ShouldExitWith(0).Json();
        var import = new TrialImport(
            producer.GetProperty("import").GetGuid(), file, people, producer.GetProperty("messages").GetInt64());
        _imports.Add(import);
        return import;
    }

    /// <summary>Runs an import's producer, and the same command again as often as it is killed, interrupted or told to try later.</summary>
    /// <param name="rows">How many.</param>
    /// <param name="rowsPerMessage">As for <see cref="ImportAsync"/>.</param>
    /// <param name="people">As for <see cref="ImportAsync"/>.</param>
    /// <param name="started">Is told of every start.</param>
    public async Task ImportThroughFaultsAsync(int rows, int rowsPerMessage, string people, Action<RunningProgram> started)
    {
        var file = GeneratedFile.Write(Folder[$"{people}.csv"], rows, people);
        while (true)
        {
            await using var producer = Programs.Start(
                "producer", ["--file", file.Path, "--json", "--rows-per-message", $"{rowsPerMessage}", .. ProducerFlags], Folder);
            started(producer);
            var result = await producer.WaitForExitAsync(TimeSpan.FromMinutes(5));
            if (result.ExitCode is 137 or 130 or 75)
            {
                continue;
            }

            var summary = result.ShouldExitWith(0).Json();
            _imports.Add(new TrialImport(
                summary.GetProperty("import").GetGuid(), file, people, summary.GetProperty("messages").GetInt64()));
            return;
        }
    }

    /// <summary>Ends one consumer with SIGTERM.</summary>
    public async Task TerminateAsync(RunningProgram consumer)
    {
        _consumers.Remove(consumer);
        consumer.SendSignal(Signal.Terminate);
        (await consumer.WaitForExitAsync(TimeSpan.FromSeconds(30))).ShouldExitWith(0);
        await consumer.DisposeAsync();
    }

    /// <summary>Starts a consumer.</summary>
    public RunningProgram StartConsumer(params string[] flags) => StartConsumerOn(Broker, Database, flags);

    /// <summary>Starts a consumer with addresses of its own, of proxies.</summary>
    public RunningProgram StartConsumerOn(string broker, string database, params string[] flags)
    {
        _consumers.Add(Programs.Start(
            "consumer", ["--broker", broker, "--database", database, "--queue", Queue, .. flags], Folder));
        return _consumers[^1];
    }

    /// <summary>Starts consumers and waits until they have checked their surroundings.</summary>
    public async Task<IReadOnlyList<RunningProgram>> StartConsumersAsync(int count, params string[] flags)
    {
        var started = Enumerable.Range(0, count).Select(_ => StartConsumer(flags)).ToList();
        foreach (var consumer in started)
        {
            await consumer.WaitForErrorLine("Consuming from");
        }

        return started;
    }

    /// <summary>Runs a command of the consumer to its end.</summary>
    public Task<ProgramResult> RunConsumerAsync(params string[] arguments) =>
        Programs.RunAsync("consumer", arguments, Folder, Patience);

    /// <summary>Runs <c>consumer dead-letters</c>.</summary>
    public Task<ProgramResult> DeadLettersAsync(params string[] arguments) =>
        RunConsumerAsync(["dead-letters", .. arguments, "--broker", Broker, "--queue", Queue]);

    /// <summary>Kills a consumer with SIGKILL.</summary>
    public async Task KillAsync(RunningProgram consumer)
    {
        _consumers.Remove(consumer);
        (await consumer.KillAsync()).ShouldExitWith(137);
        await consumer.DisposeAsync();
    }

    /// <summary>Sends SIGTERM to all consumers at once. Each must end well, within the 30 s that supervisors give.</summary>
    /// <returns>What their closing lines say, added up.</returns>
    public async Task<ClosingLine> TerminateAsync()
    {
        _consumers.ForEach(consumer => consumer.SendSignal(Signal.Terminate));
        var ended = await Task.WhenAll(_consumers.Select(consumer => consumer.WaitForExitAsync(TimeSpan.FromSeconds(30))));
        foreach (var consumer in _consumers)
        {
            await consumer.DisposeAsync();
        }

        _consumers.Clear();
        return ended.Select(result => ClosingLine.Of(result.ShouldExitWith(0))).Aggregate(ClosingLine.Zero, (sum, line) => sum + line);
    }

    /// <summary>
    /// The verdict: a fresh import and all imports before it are exact in books and table, the consumers (one, where none runs)
    /// end well, and no message is left.
    /// </summary>
    /// <returns>What the consumers' closing lines say, added up.</returns>
    public async Task<ClosingLine> VerdictAsync()
    {
        await ImportAsync(500, people: $"after{_imports.Count}");
        if (_consumers.Count == 0)
        {
            StartConsumer();
        }

        foreach (var import in _imports)
        {
            // Killed between the end of its import and its own, a producer begins another.
            var earlier = await CountAsync(
                $"SELECT count(*) FROM imports WHERE source = '{import.File.Name}' AND import_id < '{import.Id}'");
            await CheckVerdictAsync(Folder, import.Id, import.File, import.People, again: earlier > 0);
        }

        var closing = await TerminateAsync();
        await CheckQueuesAsync();
        return closing;
    }

    private string DeadLetterQueue => Queue + ".dead-letter";

    private async Task CheckQueuesAsync()
    {
        (await QueuedAsync()).ShouldBe(0, "messages left in the queue");
        (await DeadLetteredAsync()).ShouldBe(0, "messages left in the dead-letter queue");
    }
}

/// <summary>An import that was published.</summary>
/// <param name="Id">Its UUID.</param>
/// <param name="File">The oracle.</param>
/// <param name="People">As in <see cref="GeneratedFile.Write"/>.</param>
/// <param name="Messages">Its slices and its closing.</param>
public sealed record TrialImport(Guid Id, GeneratedFile File, string People, long Messages);
