using System.Data.Common;
using CsvIngest.ServerTests.EndToEnd.Harness;
using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.EndToEnd.Faults;

/// <summary>The broker takes deliveries back from a consumer that has held them too long.</summary>
[Collection(nameof(BreakableBroker))]
public sealed class AcknowledgementTimeoutTests(BreakableBroker servers)
{
    [Fact]
    public async Task A_consumer_that_is_held_up_longer_than_the_acknowledgement_timeout_resumes_by_itself() => await WithShortTimeoutAsync(async scenario =>
    {
        var file = scenario.Write(5_000);
        var consumer = scenario.Consumers.Start();
        await consumer.WaitForErrorLine("Consuming from");
        await using var session = await scenario.Environment.ConnectAsync();
        await using var lockedTable = await session.BeginTransactionAsync();
        await LockAsync(session, lockedTable);
        await file.ProduceAsync("--rows-per-message", "20");
        (await consumer.WaitForErrorLine("Receiver disconnected")).ShouldContain("timed out");
        await consumer.WaitForErrorLine("Receiver reconnected");
        await lockedTable.CommitAsync();

        (await scenario.VerdictAsync()).Redelivered.ShouldBePositive("nothing was redelivered");
    });

    // Each time counts as a delivery, and after twenty of them a message is dead-lettered.
    [Fact]
    public async Task While_the_database_is_unavailable_deliveries_are_taken_back_once() => await WithShortTimeoutAsync(async scenario =>
    {
        var file = scenario.Write(5_000);
        var consumer = scenario.Consumers.StartOn(scenario.Broker, scenario.Database + "?Command Timeout=1");
        await consumer.WaitForErrorLine("Consuming from");
        await using var session = await scenario.Environment.ConnectAsync();
        await using var lockedTable = await session.BeginTransactionAsync();
        await LockAsync(session, lockedTable);
        await file.ProduceAsync("--rows-per-message", "20");
        await consumer.WaitForErrorLine("unavailable, retrying");
        await consumer.WaitForErrorLine("Receiver disconnected");
        // Several times the timeout.
        await Task.Delay(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        consumer.ToString().ShouldNotContain("Receiver reconnected");
        await lockedTable.CommitAsync();
        await consumer.WaitForErrorLine("Receiver reconnected");

        (await scenario.VerdictAsync()).Redelivered.ShouldBePositive("nothing was redelivered");
        (scenario.Consumers.Ended[0].Error.Split("Receiver disconnected").Length - 1).ShouldBe(1);
    });

    private async Task WithShortTimeoutAsync(Func<FaultScenario, Task> test)
    {
        await using var scenario = await servers.PrepareAsync();
        // For channels that are opened from now on. The broker checks them every second.
        await servers.Server.EvalAsync(
            "application:set_env(rabbit, consumer_timeout, 2000), application:set_env(rabbit, channel_tick_interval, 1000).");
        try
        {
            await test(scenario);
        }
        finally
        {
            await servers.Server.EvalAsync(
                "application:set_env(rabbit, consumer_timeout, 1800000), application:set_env(rabbit, channel_tick_interval, 60000).");
        }
    }

    private static async Task LockAsync(DbConnection session, DbTransaction transaction)
    {
        await using var command = session.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = "LOCK TABLE contacts IN EXCLUSIVE MODE";
        await command.ExecuteNonQueryAsync();
    }
}
