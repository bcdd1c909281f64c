using System.Data.Common;
using System.Text.Json;
using Shouldly;
using Xunit;

namespace CsvIngest.Testing;

/// <summary>A broker and a database of a test class's own that the built programs run on.</summary>
public abstract class PipelineEnvironment : IAsyncLifetime
{
    /// <summary>What <c>--broker</c> gets.</summary>
    public abstract string Broker { get; }

    /// <summary>What <c>--database</c> gets.</summary>
    public abstract string Database { get; }

    /// <summary>What <c>--queue</c> gets.</summary>
    public string Queue { get; } = $"test-{Guid.NewGuid():N}";

    /// <summary>How many rows make a large file here.</summary>
    public abstract int ManyRows { get; }

    /// <summary>How many rows make a large file of one-row messages here.</summary>
    public abstract int ManyMessages { get; }

    /// <summary>The flags that name broker, database and queue to the consumer.</summary>
    public string[] ConsumerFlags => ["--broker", Broker, "--database", Database, "--queue", Queue];

    /// <summary>The flags that name broker and queue to the producer.</summary>
    public string[] ProducerFlags => ["--broker", Broker, "--queue", Queue];

    /// <summary>Connects to the database, past the programs.</summary>
    public abstract DbConnection Connect();

    /// <inheritdoc/>
    public abstract ValueTask InitializeAsync();

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();

    /// <summary>Runs the producer on a file.</summary>
    public Task<ProgramResult> ProduceAsync(WorkFolder folder, string file, params string[] flags) =>
        Programs.RunAsync("producer", ["--file", file, "--json", .. ProducerFlags, .. flags], folder, TimeSpan.FromMinutes(3));

    /// <summary>Starts a consumer.</summary>
    public RunningProgram StartConsumer(WorkFolder folder, params string[] flags) =>
        Programs.Start("consumer", [.. ConsumerFlags, .. flags], folder);

    /// <summary>Waits until an import is complete; returns its books as <c>status --json</c> prints them.</summary>
    public async Task<JsonElement> WaitUntilCompleteAsync(WorkFolder folder, Guid import, int seconds = 120)
    {
        var status = await Programs.RunAsync(
            "consumer",
            ["status", import.ToString(), "--json", "--wait", $"{seconds}", "--database", Database],
            folder,
            TimeSpan.FromSeconds(seconds + 30));
        status.ShouldExitWith(0);
        return JsonDocument.Parse(status.Output).RootElement[0];
    }

    /// <summary>Every email of the contacts table that begins so, with its name.</summary>
    public async Task<Dictionary<string, string>> ContactsAsync(string people)
    {
        await using var connection = Connect();
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = $"SELECT email, full_name FROM contacts WHERE email LIKE '{people}.%'";
        await using var reader = await command.ExecuteReaderAsync();
        var contacts = new Dictionary<string, string>(StringComparer.Ordinal);
        while (await reader.ReadAsync())
        {
            contacts.Add(reader.GetString(0), reader.GetString(1));
        }

        return contacts;
    }

    /// <summary>
    /// The verdict on a run: the books of the import say what the oracle says, and the table holds exactly the first line of
    /// every valid address.
    /// </summary>
    /// <param name="folder">Where to run <c>status</c>.</param>
    /// <param name="import">The import.</param>
    /// <param name="file">The oracle.</param>
    /// <param name="people">As in <see cref="GeneratedFile.Write"/>.</param>
    /// <param name="again">Whether the file's rows were in the table before this import.</param>
    public async Task CheckVerdictAsync(WorkFolder folder, Guid import, GeneratedFile file, string people = "person", bool again = false)
    {
        var books = await WaitUntilCompleteAsync(folder, import);
        books.GetProperty("rowsRead").GetInt64().ShouldBe(file.Rows);
        books.GetProperty("outstanding").GetInt64().ShouldBe(0);
        books.GetProperty("rejected").GetInt64().ShouldBe(file.Rejected);
        books.GetProperty("inserted").GetInt64().ShouldBe(again ? 0 : file.FirstNames.Count);
        books.GetProperty("duplicate").GetInt64().ShouldBe(file.Duplicates + (again ? file.FirstNames.Count : 0));

        var contacts = await ContactsAsync(people);
        contacts.Keys.Except(file.FirstNames.Keys).ShouldBeEmpty("unexpected rows");
        file.FirstNames.Keys.Except(contacts.Keys).ShouldBeEmpty("lost rows");
        contacts.Where(contact => file.FirstNames[contact.Key] != contact.Value).ShouldBeEmpty("another line than the first won");
    }
}
