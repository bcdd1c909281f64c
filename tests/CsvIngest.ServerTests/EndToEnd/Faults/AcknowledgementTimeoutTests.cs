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
    public async Task A_consumer_that_is_held_up_longer_than_the_acknowledgement_timeout_resumes_by_itself()
    {
        await using var scenario = await servers.PrepareAsync();
        var file = scenario.Write(5_000);
        // For channels that are opened from now on. The broker checks them every second.
        await servers.Server.EvalAsync(
            "application:set_env(rabbit, consumer_timeout, 2000), application:set_env(rabbit, channel_tick_interval, 1000).");
        try
        {
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
