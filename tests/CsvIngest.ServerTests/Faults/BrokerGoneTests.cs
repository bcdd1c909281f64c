using CsvIngest.Contracts;
using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.Faults;

/// <summary>What a health check and an operator see while the broker is away.</summary>
[Collection(nameof(BreakableBroker))]
public sealed class BrokerGoneTests(BreakableBroker servers)
{
    [Fact]
    public async Task When_the_broker_is_away_readiness_goes_and_comes_back_with_it()
    {
        await using var trial = await servers.PrepareAsync();
        var ready = trial.Folder["ready"];
        var consumer = trial.StartConsumer("--ready-file", ready);
        await trial.UntilAsync(() => Task.FromResult(File.Exists(ready)));

        await servers.Server.StopAsync();
        try
        {
            await consumer.WaitForErrorLine("The receiver has no connection");
            await trial.UntilAsync(() => Task.FromResult(!File.Exists(ready)));
        }
        finally
        {
            await servers.Server.StartAsync();
        }

        await trial.UntilAsync(() => Task.FromResult(File.Exists(ready)));
        await trial.VerdictAsync();
    }

    [Fact]
    public async Task When_the_broker_is_away_the_commands_for_dead_letters_end_with_75_in_time()
    {
        await using var trial = await servers.PrepareAsync();
        await using var link = new TcpProxy(Endpoint.Of(trial.Broker));
        link.FallSilent();
        var ended = new List<ProgramResult>
        {
            await trial.RunConsumerAsync(
                "dead-letters", "list", "--broker", Endpoint.Replace(trial.Broker, link.Endpoint), "--queue", trial.Queue),
        };
        await servers.Server.StopAsync();
        try
        {
            ended.Add(await trial.DeadLettersAsync("list", "--json"));
            ended.Add(await trial.DeadLettersAsync("replay"));
            ended.Add(await trial.DeadLettersAsync("purge"));
            ended.Add(await trial.DeadLettersAsync("purge", "--yes"));
        }
        finally
        {
            await servers.Server.StartAsync();
        }

        foreach (var command in ended)
        {
            command.ShouldExitWith(75).Output.ShouldBeEmpty();
            command.Error.ShouldContain("consumer: ");
            command.Error.ShouldContain("127.0.0.1");
            command.Error.ShouldNotContain("   at ");
            command.Duration.ShouldBeLessThan(TimeSpan.FromSeconds(45));
        }

        await trial.VerdictAsync();
    }
}
