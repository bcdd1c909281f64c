using System.Data.Common;
using System.Globalization;
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
public sealed class Trial : Footing
{
    /// <summary>For anything that will happen, on a machine that is busy.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

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
            await CheckVerdictAsync(Folder, import.Id, import.File, import.People);
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

    /// <summary>Messages in the queue that nobody holds.</summary>
    public Task<long> QueuedAsync() => WithChannelAsync(async channel => (long)await channel.MessageCountAsync(Queue));

    /// <summary>Messages in the dead-letter queue.</summary>
    public Task<long> DeadLetteredAsync() => WithChannelAsync(async channel => (long)await channel.MessageCountAsync(DeadLetterQueue));

    /// <summary>Waits until so many messages are in the queue that nobody holds.</summary>
    public Task UntilQueuedAsync(long messages) => WithChannelAsync(async channel =>
    {
        await UntilAsync(async () => await channel.MessageCountAsync(Queue) == messages);
        return true;
    });

    /// <summary>Waits until so many messages are in the dead-letter queue.</summary>
    public Task UntilDeadLetteredAsync(long messages) => WithChannelAsync(async channel =>
    {
        await UntilAsync(async () => await channel.MessageCountAsync(DeadLetterQueue) == messages);
        return true;
    });

    /// <summary>Waits until at least so many rows are in the table.</summary>
    public Task UntilStoredAsync(long rows) => UntilAsync("SELECT count(*) FROM contacts", count => count >= rows);

    /// <summary>Asks the database, past the programs, for a number.</summary>
    public async Task<long> CountAsync(string sql)
    {
        await using var connection = Connect();
        await connection.OpenAsync();
        return await CountAsync(connection, sql);
    }

    /// <summary>Asks the database until it gives the number that is waited for.</summary>
    /// <returns>That number.</returns>
    public async Task<long> UntilAsync(string sql, Func<long, bool> condition)
    {
        await using var connection = Connect();
        await connection.OpenAsync();
        var count = 0L;
        await UntilAsync(async () => condition(count = await CountAsync(connection, sql)));
        return count;
    }

    /// <summary>Looks again and again: for what has no signal. A consumer that ends meanwhile is a failure.</summary>
    public async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var timeout = new CancellationTokenSource(Patience);
        while (!await condition())
        {
            _consumers.Find(consumer => consumer.HasExited)?.ToString().ShouldBeNull("a consumer ended by itself");
            timeout.IsCancellationRequested.ShouldBeFalse($"waited in vain\n{string.Join('\n', _consumers)}");
            await Task.Delay(TimeSpan.FromMilliseconds(5), CancellationToken.None);
        }
    }

    /// <summary>
    /// Holds every consumer in its transaction, after its rows went in and before its commit, until the result is disposed of:
    /// rejected rows are what it writes last, and one in a hundred rows is one. Consumers can start meanwhile.
    /// </summary>
    public async Task<DbConnection> HoldTransactionsAsync()
    {
        var connection = Connect();
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "BEGIN; LOCK TABLE rejected_rows IN SHARE MODE";
        await command.ExecuteNonQueryAsync();
        return connection;
    }

    /// <summary>Waits until so many consumers are held.</summary>
    public Task UntilHeldAsync(int consumers) => UntilAsync(
        "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'rejected_rows'::regclass", count => count == consumers);

    /// <summary>Does something with a channel of the test's own.</summary>
    public async Task<T> WithChannelAsync<T>(Func<IChannel, Task<T>> work)
    {
        var factory = new ConnectionFactory { Uri = new Uri(Broker), AutomaticRecoveryEnabled = false };
        await using var connection = await factory.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        return await work(channel);
    }

    private static async Task<long> CountAsync(DbConnection connection, string sql)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        return Convert.ToInt64(await command.ExecuteScalarAsync(), CultureInfo.InvariantCulture);
    }
}

/// <summary>An import that was published.</summary>
/// <param name="Id">Its UUID.</param>
/// <param name="File">The oracle.</param>
/// <param name="People">As in <see cref="GeneratedFile.Write"/>.</param>
/// <param name="Messages">Its slices and its closing.</param>
public sealed record TrialImport(Guid Id, GeneratedFile File, string People, long Messages);
