using System.Data.Common;
using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.EndToEnd;

/// <summary>F12: the broker takes deliveries back from a consumer that holds them too long.</summary>
[Collection(nameof(BreakableBroker))]
public sealed class AcknowledgementTimeoutTests(BreakableBroker servers)
{
    [Fact]
    public async Task A_consumer_that_is_held_up_longer_than_the_acknowledgement_timeout_goes_on_by_itself()
    {
        await using var scenario = await servers.PrepareAsync();
        var file = scenario.Write(5_000);
        // For channels that are opened from now on, and looked at every second.
        await servers.Server.CtlAsync(
            "eval", "application:set_env(rabbit, consumer_timeout, 2000), application:set_env(rabbit, channel_tick_interval, 1000).");
        try
        {
            var consumer = scenario.StartConsumer();
            await consumer.WaitForErrorLine("Consuming from");
            await using var session = scenario.Connect();
            await session.OpenAsync();
            await using var lockedUp = await session.BeginTransactionAsync();
            await LockAsync(session, lockedUp);
            await file.ProduceAsync("--rows-per-message", "20");
            (await consumer.WaitForErrorLine("The receiver has no connection")).ShouldContain("timed out");
            await consumer.WaitForErrorLine("again after");
            await lockedUp.CommitAsync();

            (await scenario.VerdictAsync()).Redelivered.ShouldBePositive("nothing came again");
        }
        finally
        {
            await servers.Server.CtlAsync(
                "eval", "application:set_env(rabbit, consumer_timeout, 1800000), application:set_env(rabbit, channel_tick_interval, 60000).");
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
