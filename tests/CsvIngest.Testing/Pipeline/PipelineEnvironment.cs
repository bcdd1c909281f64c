using System.Data.Common;
using System.Globalization;
using System.Text.Json;

namespace CsvIngest.Testing;

/// <summary>
/// What the built programs run on in one test: a folder, a queue and a database of the test's own, and the ways to run the
/// programs there.
/// </summary>
/// <param name="folder">The folder that the programs run in. It is deleted when the environment is disposed of.</param>
/// <param name="broker">The value of <c>--broker</c>.</param>
/// <param name="database">The value of <c>--database</c>.</param>
public abstract class PipelineEnvironment(WorkFolder folder, string broker, string database) : IAsyncDisposable
{
    /// <summary>The longest that a program may run in a test, on a busy machine; a guess.</summary>
    private static readonly TimeSpan ProgramTimeout = TimeSpan.FromMinutes(3);

    /// <summary>The folder that the programs run in.</summary>
    public WorkFolder Folder => folder;

    /// <summary>The value of <c>--broker</c>.</summary>
    public string Broker => broker;

    /// <summary>The value of <c>--database</c>.</summary>
    public string Database => database;

    /// <summary>The value of <c>--queue</c>.</summary>
    public string Queue { get; } = $"test-{Guid.NewGuid():N}";

    /// <summary>The flags that name broker, database and queue to the consumer.</summary>
    public string[] ConsumerFlags => ["--broker", Broker, "--database", Database, "--queue", Queue];

    /// <summary>The flags that name broker and queue to the producer.</summary>
    public string[] ProducerFlags => ["--broker", Broker, "--queue", Queue];

    /// <summary>A query for the duplicate lines in the ledger, one per row: <c>import_id</c>, <c>line</c>.</summary>
    public abstract string DuplicateLinesQuery { get; }

    /// <summary>Opens a connection to the database that does not involve the programs.</summary>
    public abstract Task<DbConnection> ConnectAsync();

    /// <summary>Runs a query that returns one number.</summary>
    public async Task<long> CountAsync(string sql)
    {
        await using var connection = await ConnectAsync();
        return await CountAsync(connection, sql);
    }

    /// <summary>Runs a query that returns one number, on a connection that is open.</summary>
    public static async Task<long> CountAsync(DbConnection connection, string sql)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        return Convert.ToInt64(await command.ExecuteScalarAsync(), CultureInfo.InvariantCulture);
    }

    /// <summary>Runs the producer on a file, to its end.</summary>
    public Task<ProgramResult> ProduceAsync(string file, params string[] flags) =>
        Programs.RunAsync("producer", ["--file", file, "--json", .. ProducerFlags, .. flags], Folder, ProgramTimeout);

    /// <summary>Starts a consumer.</summary>
    public RunningProgram StartConsumer(params string[] flags) => Programs.Start("consumer", [.. ConsumerFlags, .. flags], Folder);

    /// <summary>Runs the consumer, or one of its commands, to its end.</summary>
    public Task<ProgramResult> RunConsumerAsync(params string[] arguments) =>
        Programs.RunAsync("consumer", arguments, Folder, ProgramTimeout);

    /// <summary>Runs <c>consumer --drain</c>.</summary>
    public Task<ProgramResult> DrainAsync(params string[] flags) => RunConsumerAsync(["--drain", .. ConsumerFlags, .. flags]);

    /// <summary>Runs <c>consumer migrate</c>.</summary>
    public Task<ProgramResult> MigrateAsync(params string[] flags) => RunConsumerAsync(["migrate", "--database", Database, .. flags]);

    /// <summary>Runs <c>consumer status</c>.</summary>
    public Task<ProgramResult> StatusAsync(params string[] flags) => RunConsumerAsync(["status", .. flags, "--database", Database]);

    /// <summary>Runs <c>consumer dead-letters</c>.</summary>
    public Task<ProgramResult> DeadLettersAsync(params string[] arguments) =>
        RunConsumerAsync(["dead-letters", .. arguments, .. ProducerFlags]);

    /// <summary>Waits until an import is complete.</summary>
    /// <returns>Its books, as <c>status --json</c> prints them.</returns>
    public async Task<JsonElement> WaitUntilCompleteAsync(Guid import) =>
        (await StatusAsync($"{import}", "--json", "--wait", "120")).ShouldExitWith(0).Json()[0];

    /// <summary>The contacts whose email begins with <paramref name="people"/> and a dot: email and name.</summary>
    public async Task<Dictionary<string, string>> ContactsAsync(string people)
    {
        await using var connection = await ConnectAsync();
        return (await StoredTables.ContactsAsync(connection))
            .Where(contact => contact.Email.StartsWith(people + ".", StringComparison.Ordinal))
            .ToDictionary(contact => contact.Email, contact => contact.Name, StringComparer.Ordinal);
    }

    /// <inheritdoc/>
    public virtual ValueTask DisposeAsync()
    {
        Folder.Dispose();
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }
}
