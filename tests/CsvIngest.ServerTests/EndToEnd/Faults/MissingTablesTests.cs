using CsvIngest.ServerTests.EndToEnd.Harness;
using CsvIngest.ServerTests.Servers;
using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.EndToEnd.Faults;

/// <summary>The database lacks a table that a consumer needs.</summary>
public sealed class MissingTablesTests(BrokerServer brokers, DatabaseServer databases)
{
    [Fact]
    public async Task When_the_database_has_no_tables_the_consumer_names_the_command_that_creates_them()
    {
        await using var scenario = await FaultScenario.PrepareAsync(brokers, databases);
        var empty = await databases.CreateDatabaseAsync();

        var consumer = await scenario.Environment.RunConsumerAsync("--broker", scenario.Broker, "--database", empty, "--queue", scenario.Queue);

        consumer.ShouldExitWith(69).Error.ShouldContain("Run `consumer migrate`");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task When_the_table_is_dropped_the_consumer_ends_and_loses_nothing(bool idle)
    {
        await using var scenario = await FaultScenario.PrepareAsync(brokers, databases);
        await using var consumer = Programs.Start("consumer", scenario.Environment.ConsumerFlags, scenario.Folder);
        await consumer.WaitForErrorLine("Consuming from");
        await scenario.Tables.CountAsync("DROP TABLE contacts; SELECT 1");
        if (!idle)
        {
            await scenario.ImportAsync(2_000);
        }

        (await consumer.WaitForExitAsync()).ShouldExitWith(69).Error.ShouldContain("consumer migrate");

        (await scenario.Environment.MigrateAsync()).ShouldExitWith(0);
        await scenario.VerdictAsync();
    }
}
