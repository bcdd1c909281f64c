using CsvIngest.ServerTests.Servers;
using Xunit;

namespace CsvIngest.ServerTests.EndToEnd;

/// <summary>A link to the broker that answers nothing costs no more time for many lanes than for one.</summary>
public sealed class SilentBrokerTests(BrokerServer brokers, DatabaseServer databases)
{
    [Fact]
    public async Task When_a_consumer_of_many_lanes_is_terminated_while_the_broker_answers_nothing_it_ends_in_time()
    {
        await using var scenario = await FaultScenario.PrepareAsync(brokers, databases);
        await using var link = new TcpProxy(Endpoint.Of(scenario.Broker));
        var ready = scenario.Folder["ready"];
        var consumer = scenario.StartConsumerOn(
            Endpoint.Replace(scenario.Broker, link.Endpoint), scenario.Database, "--parallel", "16", "--ready-file", ready);
        await scenario.UntilAsync(() => Task.FromResult(File.Exists(ready)));
        link.FallSilent();

        // Asserts 30 s and exit code 0.
        await scenario.TerminateAsync(consumer);

        link.Reset();
        await scenario.VerdictAsync();
    }
}
