using System.Data.Common;
using System.Globalization;
using System.Text.RegularExpressions;
using CsvIngest.Contracts;
using CsvIngest.Datasets;
using CsvIngest.Postgres;
using CsvIngest.RabbitMq;
using Npgsql;
using RabbitMQ.Client;
using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.Faults;

/// <summary>
/// One import that a fault befalls: a queue, a database and a file of its own, the built programs on them, each link through
/// a proxy, signals to wait for, and the verdict in the end.
/// </summary>
public sealed partial class FaultRun : Footing
{
    /// <summary>A server's restart, on a busy machine.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly BreakableBroker _servers;
    private readonly WorkFolder _folder = new();
    private string _directDatabase = "";
    private string _broker = "";
    private string _database = "";

    private FaultRun(BreakableBroker servers, int rows)
    {
        _servers = servers;
        File = GeneratedFile.Write(_folder["many.csv"], rows);
        var seed = System.Random.Shared.Next();
        Random = new Random(seed);
        TestContext.Current.TestOutputHelper?.WriteLine($"Seed {seed}");
    }

    public override string Broker => _broker;

    public override string Database => _database;

    public override int ManyRows => File.Rows;

    public override int ManyMessages => File.Rows;

    /// <summary>The oracle.</summary>
    public GeneratedFile File { get; }

    public WorkFolder Folder => _folder;

    /// <summary>For moments, which are drawn from progress. Its seed is in the test's output.</summary>
    public Random Random { get; }

    /// <summary>Where the producer keeps its state.</summary>
    public string StateFile => _folder[".many.csv.csvingest"];

    internal TcpProxy BrokerLink { get; private set; } = null!;

    internal TcpProxy DatabaseLink { get; private set; } = null!;

    /// <summary>Makes the file, the queues and the tables.</summary>
    /// <param name="servers">Where.</param>
    /// <param name="rows">Of the file.</param>
    public static async Task<FaultRun> PrepareAsync(BreakableBroker servers, int rows)
    {
        var run = new FaultRun(servers, rows);
        await run.InitializeAsync();
        return run;
    }

    public override DbConnection Connect() => new NpgsqlConnection(PostgresAddress.ToConnectionString(_directDatabase));

    public override async ValueTask InitializeAsync()
    {
        _directDatabase = await _servers.Databases.CreateDatabaseAsync();
        BrokerLink = new TcpProxy(EndpointOf(_servers.Server.Address));
        DatabaseLink = new TcpProxy(EndpointOf(_directDatabase));
        _broker = _servers.Server.Address.Replace(EndpointOf(_servers.Server.Address), BrokerLink.Endpoint, StringComparison.Ordinal);
        _database = _directDatabase.Replace(EndpointOf(_directDatabase), DatabaseLink.Endpoint, StringComparison.Ordinal);

        await using var broker = new RabbitMqBroker(RabbitMqOptions.Parse(_servers.Server.Address, Queue), new RecordedLogs());
        await broker.PrepareAsync(TestContext.Current.CancellationToken);
        await using var store = new PostgresStore(_directDatabase, new RecordedLogs());
        await store.MigrateAsync([.. DatasetCatalog.BuiltIn.All], TestContext.Current.CancellationToken);
    }

    public override async ValueTask DisposeAsync()
    {
        await BrokerLink.DisposeAsync();
        await DatabaseLink.DisposeAsync();
        await _servers.Databases.DropDatabaseAsync(_directDatabase);
        _folder.Dispose();
    }

    /// <summary>Starts the producer on the file.</summary>
    public RunningProgram StartProducer(params string[] flags) =>
        Programs.Start("producer", ["--file", File.Path, "--json", .. ProducerFlags, .. flags], _folder);

    /// <summary>Runs the producer on the file.</summary>
    public Task<ProgramResult> ProduceAsync(params string[] flags) => ProduceAsync(_folder, File.Path, flags);

    /// <summary>Starts a consumer.</summary>
    public RunningProgram StartConsumer(params string[] flags) => StartConsumer(_folder, flags);

    /// <summary>Runs <c>status</c> on one import.</summary>
    public Task<ProgramResult> StatusAsync(Guid import, params string[] flags) =>
        Programs.RunAsync("consumer", ["status", import.ToString(), "--database", Database, .. flags], _folder);

    /// <summary>Messages in the queue that nobody holds.</summary>
    public Task<long> QueuedAsync() => WithChannelAsync(async channel => (long)await channel.MessageCountAsync(Queue));

    /// <summary>Waits until at least so many messages are in the queue.</summary>
    public Task UntilQueuedAsync(long messages) => WithChannelAsync(async channel =>
    {
        await UntilAsync(async () => await channel.MessageCountAsync(Queue) >= messages);
        return true;
    });

    /// <summary>Waits until at least so many rows are in the table.</summary>
    public async Task UntilStoredAsync(long rows)
    {
        await using var connection = Connect();
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT count(*) FROM contacts";
        await UntilAsync(async () => (long)(await command.ExecuteScalarAsync())! >= rows);
    }

    /// <summary>Does something with a channel of the test's own, past the proxy.</summary>
    public async Task<T> WithChannelAsync<T>(Func<IChannel, Task<T>> work)
    {
        var factory = new ConnectionFactory { Uri = new Uri(_servers.Server.Address), AutomaticRecoveryEnabled = false };
        await using var connection = await factory.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        return await work(channel);
    }

    /// <summary>Looks again and again: for what has no signal.</summary>
    public static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var timeout = new CancellationTokenSource(Patience);
        while (!await condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), timeout.Token);
        }
    }

    /// <summary>The import that a summary tells of.</summary>
    public static Guid ImportOf(ProgramResult producer) => producer.Json().GetProperty("import").GetGuid();

    /// <summary>
    /// The verdict: after the consumers are through, books and table are exact, nothing is in the dead-letter queue, a fresh import
    /// goes through too, and the consumers end well.
    /// </summary>
    /// <param name="import">What the producer's summary says, of the file's import.</param>
    /// <param name="consumers">Those that run. Without any, one drains the queue.</param>
    /// <returns>How many messages came again after their effects were in the tables.</returns>
    public async Task<long> VerdictAsync(ProgramResult import, params RunningProgram[] consumers)
    {
        import.ShouldExitWith(0);
        var summary = import.Json();
        summary.GetProperty("rowsRead").GetInt64().ShouldBe(File.Rows);
        summary.GetProperty("rowsSent").GetInt64().ShouldBe(File.FirstNames.Count);
        summary.GetProperty("rowsDuplicate").GetInt64().ShouldBe(File.Duplicates);
        summary.GetProperty("rowsRejected").GetInt64().ShouldBe(File.Rejected);
        System.IO.File.ReadLines(_folder["many.errors.csv"]).Count().ShouldBe(File.Rejected + 1);
        System.IO.File.Exists(StateFile).ShouldBeFalse("the import is done");

        var after = GeneratedFile.Write(_folder["after.csv"], 500, "after");
        var fresh = await ProduceAsync(_folder, after.Path);
        fresh.ShouldExitWith(0);
        var results = new List<ProgramResult>();
        if (consumers.Length == 0)
        {
            results.Add(await Programs.RunAsync("consumer", ["--drain", .. ConsumerFlags], _folder, Patience));
        }

        await CheckVerdictAsync(_folder, ImportOf(import), File);
        await CheckVerdictAsync(_folder, ImportOf(fresh), after, "after");
        foreach (var consumer in consumers)
        {
            consumer.SendSignal(Signal.Terminate);
            results.Add(await consumer.WaitForExitAsync());
        }

        results.ForEach(result => result.ShouldExitWith(0));
        (await WithChannelAsync(channel => channel.MessageCountAsync(Queue + ".dead-letter"))).ShouldBe(0u);
        return results.Sum(Redelivered);
    }

    /// <summary>What a consumer's closing line says of redeliveries.</summary>
    public static long Redelivered(ProgramResult consumer)
    {
        var said = RedeliveredLine().Match(consumer.Error);
        said.Success.ShouldBeTrue(consumer.ToString());
        return long.Parse(said.Groups["count"].Value, CultureInfo.InvariantCulture);
    }

    private static string EndpointOf(string address)
    {
        var endpoint = address[(address.LastIndexOf('@') + 1)..];
        return endpoint[..endpoint.IndexOf('/', StringComparison.Ordinal)];
    }

    [GeneratedRegex(@"; (?<count>\d+) messages redelivered", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex RedeliveredLine();
}
