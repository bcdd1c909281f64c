using CsvIngest.ServerTests.EndToEnd.Harness;
using CsvIngest.ServerTests.Servers;
using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.EndToEnd.Faults;

/// <summary>The broker was never available, denies access, or answers nothing.</summary>
public sealed class UnreachableBrokerTests(BrokerServer brokers, DatabaseServer databases)
{
    [Fact]
    public async Task A_broker_that_was_never_there_ends_the_producer_with_75_and_leaves_no_state()
    {
        await using var scenario = await FaultScenario.PrepareAsync(brokers, databases);
        var file = scenario.Write(100);
        var nobody = $"amqp://user:secret@{Endpoint.Unused()}/";

        var result = await Programs.RunAsync(
            "producer", ["--file", file.Path, "--broker", nobody, "--broker-timeout", "3s"], scenario.Folder);

        result.ShouldExitWith(75);
        result.ShouldSay("is not available");
        result.ShouldSay("retrying for up to 3 s");
        result.Error.ShouldNotContain("secret");
        File.Exists(file.StateFile).ShouldBeFalse();
        await file.ProduceAsync();
        await scenario.VerdictAsync();
    }

    // With the default timeout: a minute, as long as servers may take that were started together with the consumer.
    [Fact(Explicit = true)]
    public async Task A_broker_that_was_never_there_ends_the_consumer_with_75()
    {
        await using var scenario = await FaultScenario.PrepareAsync(brokers, databases);
        var file = scenario.Write(100);
        var nobody = $"amqp://user:secret@{Endpoint.Unused()}/";

        var result = await Programs.RunAsync(
            "consumer", ["--broker", nobody, "--database", scenario.Database], scenario.Folder, Poll.Timeout);

        result.ShouldExitWith(75).ShouldSay("is not available");
        result.Error.ShouldNotContain("secret");
        result.Duration.ShouldBeGreaterThan(TimeSpan.FromSeconds(55));
        await file.ProduceAsync();
        await scenario.VerdictAsync();
    }

    [Fact]
    public async Task Wrong_credentials_are_rejected_at_once_with_69()
    {
        await using var scenario = await FaultScenario.PrepareAsync(brokers, databases);
        var file = scenario.Write(100);
        var address = new UriBuilder(scenario.Broker) { Password = "secret" };
        var wrong = address.Uri.AbsoluteUri;
        foreach (var (program, rest) in (IEnumerable<(string, string[])>)
            [("producer", ["--file", file.Path]), ("consumer", ["--database", scenario.Database])])
        {
            var result = await Programs.RunAsync(program, ["--broker", wrong, .. rest], scenario.Folder, TimeSpan.FromSeconds(20));

            result.ShouldExitWith(69);
            result.ShouldSay("wrong user name or password");
            (result.Output + result.Error).ShouldNotContain("secret");
        }

        await file.ProduceAsync();
        await scenario.VerdictAsync();
    }

    [Fact]
    public async Task When_the_broker_is_unavailable_the_dead_letter_commands_end_with_75_in_time()
    {
        await using var scenario = await FaultScenario.PrepareAsync(brokers, databases);
        await using var link = new TcpProxy(Endpoint.Of(scenario.Broker));
        link.FallSilent();
        var silent = Endpoint.Replace(scenario.Broker, link.Endpoint);
        var gone = Endpoint.Replace(scenario.Broker, Endpoint.Unused());

        var ended = await Task.WhenAll(
            RunAsync(silent, "list"),
            RunAsync(gone, "list", "--json"),
            RunAsync(gone, "replay"),
            RunAsync(gone, "purge"),
            RunAsync(gone, "purge", "--yes"));

        foreach (var command in ended)
        {
            command.ShouldExitWith(75).Output.ShouldBeEmpty();
            command.Error.ShouldContain("consumer: ");
            command.Error.ShouldContain("127.0.0.1");
            command.Error.ShouldNotContain("   at ");
            command.Duration.ShouldBeLessThan(TimeSpan.FromSeconds(45));
        }

        await scenario.VerdictAsync();

        Task<ProgramResult> RunAsync(string broker, params string[] command) =>
            scenario.Environment.RunConsumerAsync(["dead-letters", .. command, "--broker", broker, "--queue", scenario.Queue]);
    }

    [Fact]
    public async Task When_a_consumer_of_many_lanes_is_terminated_while_the_broker_answers_nothing_it_ends_in_time()
    {
        await using var scenario = await FaultScenario.PrepareAsync(brokers, databases);
        await using var link = new TcpProxy(Endpoint.Of(scenario.Broker));
        var ready = scenario.Folder["ready"];
        var consumer = scenario.Consumers.StartOn(
            Endpoint.Replace(scenario.Broker, link.Endpoint), scenario.Database, "--parallel", "16", "--ready-file", ready);
        await scenario.UntilAsync(() => File.Exists(ready));
        link.FallSilent();

        // Asserts 30 s and exit code 0.
        await scenario.Consumers.TerminateAsync(consumer);

        link.Reset();
        await scenario.VerdictAsync();
    }
}
