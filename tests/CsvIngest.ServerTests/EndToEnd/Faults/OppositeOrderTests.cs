using System.Text.Json;
using CsvIngest.ServerTests.EndToEnd.Harness;
using CsvIngest.ServerTests.Servers;
using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.EndToEnd.Faults;

/// <summary>Several files with the same people in opposite orders are imported at the same time.</summary>
public sealed class OppositeOrderTests(BrokerServer brokers, DatabaseServer databases)
{
    private const int People = 8_000;

    [Fact]
    public async Task When_five_consumers_store_the_same_people_in_opposite_orders_the_first_stays_and_there_is_no_deadlock()
    {
        await using var scenario = await FaultScenario.PrepareAsync(brokers, databases);
        // So slow that all start before one is done, and their messages alternate in the queue.
        await using var link = new TcpProxy(Endpoint.Of(scenario.Broker)) { Delay = TimeSpan.FromMilliseconds(20) };
        var slow = Endpoint.Replace(scenario.Broker, link.Endpoint);
        var imports = await Task.WhenAll(
            ImportAsync(scenario, slow, "up", descending: false),
            ImportAsync(scenario, slow, "down", descending: true),
            ImportAsync(scenario, slow, "up-too", descending: false),
            ImportAsync(scenario, slow, "down-too", descending: true));
        var consumers = await scenario.Consumers.StartAsync(5, "--prefetch", "20");

        var books = new Dictionary<Guid, JsonElement>();
        foreach (var import in imports)
        {
            books[import.Id] = await scenario.Environment.WaitUntilCompleteAsync(import.Id);
        }

        var contacts = await ContactsAsync(scenario);
        contacts.Count.ShouldBe(People);
        foreach (var import in imports)
        {
            // Every row comes whole from one of the files, and the books of that file count it.
            var own = contacts.Where(contact => contact.Import == import.Id).ToList();
            own.ShouldAllBe(contact => contact.Name == $"{import.Name} {contact.Email}" && import.Lines[contact.Line] == contact.Email);
            books[import.Id].GetProperty("inserted").GetInt64().ShouldBe(own.Count);
            books[import.Id].GetProperty("duplicate").GetInt64().ShouldBe(People - own.Count);
        }

        contacts.DistinctBy(contact => contact.Import).Count().ShouldBeGreaterThan(1, "the imports did not overlap");
        var late = await ImportAsync(scenario, scenario.Broker, "late", descending: false);
        (await scenario.Environment.WaitUntilCompleteAsync(late.Id)).GetProperty("inserted").GetInt64().ShouldBe(0);
        (await ContactsAsync(scenario)).ShouldBe(contacts);
        consumers.ShouldAllBe(consumer => !consumer.ToString().Contains("deadlock", StringComparison.OrdinalIgnoreCase));
        scenario.Verdict.ExpectContacts(contacts.Select(contact => KeyValuePair.Create(contact.Email, contact.Name)));
        await scenario.VerdictAsync();
    }

    private static async Task<Import> ImportAsync(FaultScenario scenario, string broker, string name, bool descending)
    {
        var people = Enumerable.Range(0, People).Select(i => $"both.{i}@example.com").ToList();
        if (descending)
        {
            people.Reverse();
        }

        var file = scenario.Folder.Write($"{name}.csv", "email,name\n" + string.Concat(people.Select(email => $"{email},{name} {email}\n")));
        // So slow that all start before one is done, and their messages alternate in the queue.
        await using var link = new TcpProxy(Endpoint.Of(scenario.Broker)) { Delay = TimeSpan.FromMilliseconds(50) };
        var producer = await Programs.RunAsync(
            "producer",
            ["--file", file, "--json", "--rows-per-message", "20", "--broker", broker, "--queue", scenario.Queue],
            scenario.Folder,
            Poll.Timeout);
        var summary = producer.ShouldExitWith(0).Json();
        return new Import(
            summary.GetProperty("import").GetGuid(), name, people.Select((email, i) => (email, i)).ToDictionary(p => p.i + 2L, p => p.email));
    }

    private static async Task<List<Contact>> ContactsAsync(FaultScenario scenario)
    {
        await using var connection = await scenario.Environment.ConnectAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT email, full_name, import_id, line FROM contacts WHERE email LIKE 'both.%' ORDER BY email";
        await using var reader = await command.ExecuteReaderAsync();
        var contacts = new List<Contact>();
        while (await reader.ReadAsync())
        {
            contacts.Add(new Contact(reader.GetString(0), reader.GetString(1), reader.GetGuid(2), reader.GetInt64(3)));
        }

        return contacts;
    }

    private sealed record Import(Guid Id, string Name, Dictionary<long, string> Lines);

    private sealed record Contact(string Email, string Name, Guid Import, long Line);
}
