using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.EndToEnd;

/// <summary>What a health check and an operator see while the broker is away.</summary>
[Collection(nameof(BreakableBroker))]
public sealed class BrokerGoneTests(BreakableBroker servers)
{
    [Fact]
    public async Task When_the_broker_is_away_readiness_goes_and_comes_back_with_it()
    {
        await using var scenario = await servers.PrepareAsync();
        var ready = scenario.Folder["ready"];
        var consumer = scenario.StartConsumer("--ready-file", ready);
        await scenario.UntilAsync(() => Task.FromResult(File.Exists(ready)));

        await servers.Server.StopAsync();
        try
        {
            await consumer.WaitForErrorLine("The receiver has no connection");
            await scenario.UntilAsync(() => Task.FromResult(!File.Exists(ready)));
        }
        finally
        {
            await servers.Server.StartAsync();
        }

        await scenario.UntilAsync(() => Task.FromResult(File.Exists(ready)));
        await scenario.VerdictAsync();
    }

    [Fact]
    public async Task When_the_broker_is_away_the_commands_for_dead_letters_end_with_75_in_time()
    {
        await using var scenario = await servers.PrepareAsync();
        await using var link = new TcpProxy(Endpoint.Of(scenario.Broker));
        link.FallSilent();
        var ended = new List<ProgramResult>
        {
            await scenario.RunConsumerAsync(
                "dead-letters", "list", "--broker", Endpoint.Replace(scenario.Broker, link.Endpoint), "--queue", scenario.Queue),
        };
        await servers.Server.StopAsync();
        try
        {
            ended.Add(await scenario.DeadLettersAsync("list", "--json"));
            ended.Add(await scenario.DeadLettersAsync("replay"));
            ended.Add(await scenario.DeadLettersAsync("purge"));
            ended.Add(await scenario.DeadLettersAsync("purge", "--yes"));
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

        await scenario.VerdictAsync();
    }
}
