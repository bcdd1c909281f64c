using System.Data.Common;
using CsvIngest.Testing;
using CsvIngest.Postgres;
using CsvIngest.RabbitMq;
using CsvIngest.ServerTests.Servers;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;
using Xunit;

namespace CsvIngest.ServerTests.EndToEnd;

/// <summary>
/// Imports that meet a fault: a queue, a folder and any number of files and consumers on some broker and database, signals to
/// wait for, and the verdict in the end.
/// </summary>
public sealed partial class FaultScenario : PipelineEnvironment
{
    /// <summary>For anything that will happen, on a machine that is busy.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly string _broker;
    private readonly string _database;
    private readonly TcpProxy? _brokerLink;
    private readonly TcpProxy? _databaseLink;
    private readonly List<RunningProgram> _consumers = [];
    private readonly List<ProgramResult> _ended = [];
    private readonly List<ScenarioFile> _files = [];

    private FaultScenario(string broker, string database, bool linked, int? seed)
    {
        _broker = broker;
        _database = database;
        _brokerLink = linked ? new TcpProxy(Endpoint.Of(broker)) : null;
        _databaseLink = linked ? new TcpProxy(Endpoint.Of(database)) : null;
        Broker = _brokerLink is null ? broker : Endpoint.Replace(broker, _brokerLink.Endpoint);
        Database = _databaseLink is null ? database : Endpoint.Replace(database, _databaseLink.Endpoint);
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

    /// <summary>What the consumers that have ended said.</summary>
    public IReadOnlyList<ProgramResult> Ended => _ended;

    /// <summary>All messages that were published by <see cref="ImportAsync"/>.</summary>
    public long Messages { get; private set; }

    /// <summary>Between the programs and the broker. The test's own connections go past it.</summary>
    internal TcpProxy BrokerLink => _brokerLink ?? throw new InvalidOperationException("Made without links.");

    /// <summary>Between the programs and the database. The test's own connections go past it.</summary>
    internal TcpProxy DatabaseLink => _databaseLink ?? throw new InvalidOperationException("Made without links.");

    private string DeadLetterQueue => Queue + ".dead-letter";

    /// <summary>Makes the queues and the tables.</summary>
    /// <param name="broker">Its address.</param>
    /// <param name="database">The address of an empty database.</param>
    /// <param name="seed">Null for another one each time.</param>
    public static Task<FaultScenario> PrepareAsync(string broker, string database, int? seed = null) =>
        PrepareAsync(new FaultScenario(broker, database, linked: false, seed));

    /// <summary>Makes the queues and the tables, and a proxy before each server.</summary>
    /// <param name="broker">Its address.</param>
    /// <param name="database">The address of an empty database.</param>
    public static Task<FaultScenario> PrepareLinkedAsync(string broker, string database) =>
        PrepareAsync(new FaultScenario(broker, database, linked: true, seed: null));

    /// <summary>The same on the servers that all tests share.</summary>
    public static async Task<FaultScenario> PrepareAsync(BrokerServer brokers, DatabaseServer databases) =>
        await PrepareAsync(await brokers.AddressAsync(), await databases.CreateDatabaseAsync());

    /// <summary>The same, with a proxy before each.</summary>
    public static async Task<FaultScenario> PrepareLinkedAsync(BrokerServer brokers, DatabaseServer databases) =>
        await PrepareLinkedAsync(await brokers.AddressAsync(), await databases.CreateDatabaseAsync());

    public override DbConnection Connect() =>
        // Not pooled: a connection that a fault has broken would come back later.
        new NpgsqlConnection(PostgresAddress.ToConnectionString(_database) + ";Pooling=false;Application Name=test");

    public override async ValueTask InitializeAsync()
    {
        await using var broker = new RabbitMqBroker(RabbitMqOptions.Parse(_broker, Queue), new RecordedLogs());
        await broker.PrepareAsync(TestContext.Current.CancellationToken);
        await using var store = new PostgresStore(_database, NullLogger.Instance);
        await store.MigrateAsync([], TestContext.Current.CancellationToken);
    }

    public override async ValueTask DisposeAsync()
    {
        foreach (var consumer in _consumers)
        {
            await consumer.DisposeAsync();
        }

        foreach (var link in (TcpProxy?[])[_brokerLink, _databaseLink])
        {
            await (link?.DisposeAsync() ?? ValueTask.CompletedTask);
        }

        Folder.Dispose();
        try
        {
            await WithChannelAsync(async channel =>
            {
                await channel.QueueDeleteAsync(Queue);
                return await channel.QueueDeleteAsync(DeadLetterQueue);
            });
        }
        catch (BrokerUnreachableException)
        {
            // A test that left it so has failed, and that failure is the one to show.
        }
    }

    /// <summary>Ends one consumer with SIGTERM.</summary>
    public async Task TerminateAsync(RunningProgram consumer)
    {
        _consumers.Remove(consumer);
        consumer.SendSignal(Signal.Terminate);
        (await EndedAsync(consumer, consumer.WaitForExitAsync(TimeSpan.FromSeconds(30)))).ShouldExitWith(0);
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

    /// <summary>Runs <c>status</c> on one import.</summary>
    public Task<ProgramResult> StatusAsync(Guid import, params string[] flags) =>
        RunConsumerAsync(["status", import.ToString(), "--database", Database, .. flags]);

    /// <summary>Runs <c>consumer dead-letters</c>.</summary>
    public Task<ProgramResult> DeadLettersAsync(params string[] arguments) =>
        RunConsumerAsync(["dead-letters", .. arguments, "--broker", Broker, "--queue", Queue]);

    /// <summary>Kills a consumer with SIGKILL.</summary>
    public async Task KillAsync(RunningProgram consumer)
    {
        _consumers.Remove(consumer);
        (await EndedAsync(consumer, consumer.KillAsync())).ShouldExitWith(137);
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
        _ended.AddRange(ended);
        return ended.Select(result => ClosingLine.Of(result.ShouldExitWith(0))).Aggregate(ClosingLine.Zero, (sum, line) => sum + line);
    }

    private static async Task<FaultScenario> PrepareAsync(FaultScenario scenario)
    {
        await scenario.InitializeAsync();
        return scenario;
    }

    private async Task<ProgramResult> EndedAsync(RunningProgram consumer, Task<ProgramResult> ending)
    {
        var result = await ending;
        await consumer.DisposeAsync();
        _ended.Add(result);
        return result;
    }
}
