using CsvIngest.ServerTests.EndToEnd.Harness;
using CsvIngest.ServerTests.Servers;
using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.EndToEnd.Faults;

/// <summary>Running totals of transactions.</summary>
public sealed class TotalsTests(BrokerServer brokers, DatabaseServer databases)
{
    [Fact]
    public async Task When_consumers_are_killed_the_totals_of_the_accounts_are_exact_to_the_last_digit()
    {
        await using var scenario = await FaultScenario.PrepareAsync(brokers, databases);
        (await scenario.Environment.MigrateAsync()).ShouldExitWith(0);
        var file = scenario.Folder.CopyIn("samples/transactions.csv");
        var expected = File.ReadLines(Repository.PathOf("samples", "transactions.totals.csv")).Skip(1).ToList();
        await scenario.Consumers.StartAsync(4, "--prefetch", "20", "--log-totals");
        string[] command = ["--file", file, "--rows-per-message", "1", "--json", .. scenario.Environment.ProducerFlags];
        await using var producer = PythonClient.Start(PythonClient.Producer, command, scenario.Folder);

        for (var kill = 0; kill < 10; kill++)
        {
            var moment = (kill * 95) + scenario.Random.Next(1, 50);
            await scenario.UntilAsync(async () => await RowsAsync(scenario) >= moment);
            await scenario.Consumers.KillAsync(scenario.Consumers.Running[scenario.Random.Next(scenario.Consumers.Running.Count)]);
            scenario.Consumers.Start("--prefetch", "20", "--log-totals");
        }

        var import = (await producer.WaitForExitAsync()).ShouldExitWith(0).Json().GetProperty("import").GetGuid();
        (await scenario.Environment.WaitUntilCompleteAsync(import)).GetProperty("inserted").GetInt64().ShouldBe(1000);
        (await TotalsAsync(scenario)).ShouldBe(expected);

        // All of it again, in another import: every row is a duplicate.
        File.Copy(file, scenario.Folder["again.csv"]);
        var again = await scenario.Environment.ProduceAsync(scenario.Folder["again.csv"], "--dataset", "transactions", "--json");
        (await scenario.Environment.WaitUntilCompleteAsync(again.ShouldExitWith(0).Json().GetProperty("import").GetGuid()))
            .GetProperty("duplicate").GetInt64().ShouldBe(1000);
        (await TotalsAsync(scenario)).ShouldBe(expected);

        await scenario.Consumers.TerminateAsync();
        scenario.Consumers.Ended.ShouldContain(consumer => consumer.Error.Contains("Totals of amount by account_number in transactions: (ACC-", StringComparison.Ordinal));
        var python = await PythonClient.RunAsync(PythonClient.Consumer, ["database", "--database", scenario.Database], scenario.Folder);
        python.ShouldExitWith(0).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .ShouldBe(expected.Select(line => line.Split(',')).Select(fields => $"({fields[0]}, {fields[2]})"));
    }

    private static Task<long> RowsAsync(FaultScenario scenario) => scenario.Tables.CountAsync("SELECT count(*) FROM transactions");

    private static async Task<IEnumerable<string>> TotalsAsync(FaultScenario scenario)
    {
        var totals = await scenario.Environment.RunConsumerAsync(["totals", "transactions", "--json", "--database", scenario.Database]);
        return totals.ShouldExitWith(0).Json().EnumerateArray().Select(total =>
            $"{total.GetProperty("value")},{total.GetProperty("rows")},{total.GetProperty("total")}");
    }
}
