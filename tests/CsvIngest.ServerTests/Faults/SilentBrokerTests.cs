using CsvIngest.ServerTests.Servers;
using Xunit;

namespace CsvIngest.ServerTests.Faults;

/// <summary>A link to the broker that answers nothing costs no more time for many lanes than for one.</summary>
public sealed class SilentBrokerTests(BrokerServer brokers, DatabaseServer databases)
{
    [Fact]
    public async Task When_a_consumer_of_many_lanes_is_terminated_while_the_broker_answers_nothing_it_ends_in_time()
    {
        await using var trial = await Trial.PrepareAsync(brokers, databases);
        await using var link = new TcpProxy(Endpoint.Of(trial.Broker));
        var ready = trial.Folder["ready"];
        var consumer = trial.StartConsumerOn(
            Endpoint.Replace(trial.Broker, link.Endpoint), trial.Database, "--parallel", "16", "--ready-file", ready);
        await trial.UntilAsync(() => Task.FromResult(File.Exists(ready)));
        link.FallSilent();

        // Asserts 30 s and exit code 0.
        await trial.TerminateAsync(consumer);

        link.Reset();
        await trial.VerdictAsync();
    }
}
