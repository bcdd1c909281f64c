using System.Globalization;
using CsvIngest.ServerTests.EndToEnd.Harness;
using CsvIngest.ServerTests.Servers;
using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.EndToEnd;

/// <summary>The programs in clients/python, together with the others and by themselves.</summary>
public sealed class PythonClientTests(BrokerServer brokers, DatabaseServer databases)
{
    private static readonly string[] Events = ["--events", "1000", "--accounts", "20", "--seed", "7"];

    [Fact]
    public async Task Events_of_a_python_producer_that_is_killed_and_resumed_are_stored_once()
    {
        await using var scenario = await FaultScenario.PrepareLinkedAsync(brokers, databases);
        (await scenario.Environment.MigrateAsync()).ShouldExitWith(0);
        var dryRun = await PythonClient.RunAsync(PythonClient.Producer, [.. Events, "--dry-run"], scenario.Folder);
        var expected = TransactionsSample.Read(dryRun.ShouldExitWith(0).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        string[] command = [.. Events, "--rows-per-message", "1", "--json", .. scenario.Environment.ProducerFlags];
        for (var kill = 0; kill < 3; kill++)
        {
            scenario.BrokerLink.Delay = TimeSpan.FromMilliseconds(10);
            var moment = await scenario.Queues.QueuedAsync() + scenario.Random.Next(1, 200);
            await using var producer = PythonClient.Start(PythonClient.Producer, command, scenario.Folder);
            await scenario.UntilMidwayAsync(moment);
            (await producer.KillAsync()).ShouldExitWith(137);
        }

        scenario.BrokerLink.Delay = TimeSpan.Zero;
        var last = await PythonClient.RunAsync(PythonClient.Producer, command, scenario.Folder);
        last.ShouldExitWith(0).ShouldSay("Resuming after slice");
        await scenario.Consumers.StartAsync(2);
        var books = await scenario.Environment.WaitUntilCompleteAsync(last.Json().GetProperty("import").GetGuid());

        books.GetProperty("inserted").GetInt64().ShouldBe(1000);
        (await StoredAsync(scenario)).ShouldBe(expected.OrderBy(row => row.Id, StringComparer.Ordinal));
        await scenario.Consumers.TerminateAsync();
        (await scenario.Queues.DeadLetteredAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task A_python_consumer_of_its_own_queue_counts_each_slice_once_through_lost_connections()
    {
        await using var scenario = await FaultScenario.PrepareLinkedAsync(brokers, databases);
        await using var consumer = PythonClient.Start(
            PythonClient.Consumer, ["queue", "--broker", scenario.Broker, "--queue", scenario.Queue], scenario.Folder);
        var file = scenario.Folder.CopyIn("samples/transactions.csv");
        await using var producer = PythonClient.Start(
            PythonClient.Producer, ["--file", file, "--rows-per-message", "5", .. scenario.Environment.ProducerFlags], scenario.Folder);
        await producer.WaitForErrorLine("Importing");
        await consumer.WaitForOutputLine("(ACC-");
        scenario.BrokerLink.Reset();
        (await producer.WaitForExitAsync()).ShouldExitWith(0);
        await scenario.Environment.PublishAsync("no message"u8.ToArray(), "application/json");
        await consumer.WaitForErrorLine("Dead-lettered a message: undecodable");
        consumer.SendSignal(Signal.Terminate);

        var sums = (await consumer.WaitForExitAsync()).ShouldExitWith(0).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Trim('(', ')').Split(", "))
            .GroupBy(tuple => tuple[0], StringComparer.Ordinal)
            .ToDictionary(account => account.Key, account => decimal.Parse(account.Last()[1], CultureInfo.InvariantCulture));

        sums.OrderBy(sum => sum.Key, StringComparer.Ordinal).ShouldBe(
            TransactionsSample.Rows().GroupBy(row => row.Account, StringComparer.Ordinal)
                .Select(account => KeyValuePair.Create(account.Key, account.Sum(row => row.Amount)))
                .OrderBy(sum => sum.Key, StringComparer.Ordinal));
        (await scenario.Queues.DeadLetteredAsync()).ShouldBe(1);
    }

    private static async Task<List<TransactionRow>> StoredAsync(FaultScenario scenario)
    {
        await using var connection = await scenario.Environment.ConnectAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT transaction_id, account_number, amount FROM transactions ORDER BY transaction_id COLLATE \"C\"";
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<TransactionRow>();
        while (await reader.ReadAsync())
        {
            rows.Add(new TransactionRow(reader.GetString(0), reader.GetString(1), reader.GetDecimal(2)));
        }

        return rows;
    }
}
