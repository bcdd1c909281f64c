using CsvIngest.ServerTests.EndToEnd.Harness;
using CsvIngest.ServerTests.Servers;
using CsvIngest.Testing;
using Shouldly;
using Xunit;

namespace CsvIngest.ServerTests.EndToEnd.Faults;

/// <summary>The broker is a cluster of three, and some of them die or are cut off.</summary>
[Collection(nameof(BreakableCluster))]
public sealed class ClusterTests(BreakableCluster cluster)
{
    private RabbitMqCluster Brokers => cluster.Brokers;

    [Theory]
    [InlineData(1)]
    [InlineData(2, Explicit = true)]
    public async Task When_the_leader_of_the_queue_is_killed_the_import_goes_on_at_the_next_one(int times)
    {
        await using var scenario = await PrepareAsync();
        for (var i = 0; i < times; i++)
        {
            await Brokers.StartAsync();
            var leader = await Brokers.LeaderOfAsync(scenario.Queue);
            await ImportThroughAsync(scenario, $"killed{i}", _ => leader.KillAsync());
        }

        await scenario.VerdictAsync();
    }

    [Fact(Explicit = true)]
    public async Task When_a_follower_is_stopped_the_import_goes_on()
    {
        await using var scenario = await PrepareAsync();
        var leader = await Brokers.LeaderOfAsync(scenario.Queue);

        await ImportThroughAsync(scenario, "stopped", _ => Brokers.Nodes.First(node => node != leader).StopAsync());

        await scenario.VerdictAsync();
    }

    [Theory]
    [InlineData("pause_minority", Explicit = true)]
    [InlineData("ignore", Explicit = true)]
    public async Task When_the_leader_is_cut_off_from_the_others_the_import_goes_on_at_them(string handling)
    {
        await using var scenario = await PrepareAsync();
        await Brokers.HandlePartitionsAsync(handling);
        var leader = await Brokers.LeaderOfAsync(scenario.Queue);

        await ImportThroughAsync(scenario, "partitioned", _ => Brokers.CutOffAsync(leader));

        if (handling == "ignore")
        {
            // It would stay apart until an operator starts it again.
            await leader.StopAsync();
        }
        else
        {
            await Brokers.ReconnectAsync(leader);
        }

        await Brokers.StartAsync();
        await scenario.VerdictAsync();
    }

    [Fact(Explicit = true)]
    public async Task When_the_leader_is_frozen_the_import_goes_on_at_the_next_one()
    {
        await using var scenario = await PrepareAsync();
        var leader = await Brokers.LeaderOfAsync(scenario.Queue);
        try
        {
            await ImportThroughAsync(scenario, "frozen", _ => leader.FreezeAsync());
        }
        finally
        {
            await leader.ResumeAsync();
        }

        await Brokers.StartAsync();
        await scenario.VerdictAsync();
    }

    [Theory]
    [InlineData("ignore", "the queue has no leader", Explicit = true)]
    [InlineData("pause_minority", "Connection refused", Explicit = true)]
    public async Task When_one_broker_of_three_is_left_the_producer_waits_and_says_why_until_a_second_one_is_back(string handling, string reason)
    {
        await using var scenario = await PrepareAsync();
        await Brokers.HandlePartitionsAsync(handling);
        var others = Brokers.Nodes.Take(2).ToList();

        await ImportThroughAsync(scenario, "majority", async producer =>
        {
            await Task.WhenAll(others.Select(node => node.KillAsync()));
            await producer.WaitForErrorLine(reason, Poll.Timeout);
            var status = await scenario.Environment.StatusAsync(["--json", .. scenario.Environment.ProducerFlags]);
            status.ShouldExitWith(1).ShouldSay(reason).Json()[0].GetProperty("state").GetString().ShouldBe("unknown");
            await others[0].StartAsync();
        });

        await scenario.VerdictAsync();
    }

    private async Task<FaultScenario> PrepareAsync()
    {
        var scenario = await cluster.PrepareAsync();
        (await Brokers.FindAsync(scenario.Queue)).Members.Count.ShouldBe(Brokers.Nodes.Count);
        await scenario.Consumers.StartAsync(2, "--prefetch", "100");
        return scenario;
    }

    // Imports a file while the fault comes, and reports for how long nothing was stored.
    private static async Task ImportThroughAsync(FaultScenario scenario, string people, Func<RunningProgram, Task> fault)
    {
        var file = scenario.Write(10_000, people);
        await using var progress = new ProgressWatch(scenario);
        await using var producer = file.StartProducer("--rows-per-message", "1", "--broker-timeout", "2m");
        await scenario.Tables.UntilStoredMoreAsync(scenario.Random.Next(100, 1000));
        await fault(producer);
        producer.HasExited.ShouldBeFalse("the fault came too late");
        (await file.WaitForExitAsync(Poll.Timeout)).ShouldExitWith(0);
        await scenario.Verdict.WaitUntilCompleteAsync(scenario.Consumers.ShouldAllRun);
        TestContext.Current.TestOutputHelper?.WriteLine($"Nothing was stored for {(await progress.StopAsync()).TotalSeconds:0.0} s at most");
    }
}
