using RabbitMQ.Client;

namespace CsvIngest.ServerTests.EndToEnd.Harness;

/// <summary>What the queues of a scenario hold, and waits for it.</summary>
public sealed class QueueProbe(FaultScenario scenario)
{
    /// <summary>The messages in the queue that no consumer holds.</summary>
    public Task<long> QueuedAsync() => CountAsync(scenario.Queue);

    /// <summary>The messages in the dead-letter queue.</summary>
    public Task<long> DeadLetteredAsync() => CountAsync(scenario.Environment.DeadLetterQueue);

    /// <summary>Waits until the queue holds exactly this many messages that no consumer holds.</summary>
    public Task UntilQueuedAsync(long messages) => UntilAsync(scenario.Queue, count => count == messages);

    /// <summary>Waits until the queue holds at least this many messages that no consumer holds.</summary>
    public Task UntilQueuedAtLeastAsync(long messages) => UntilAsync(scenario.Queue, count => count >= messages);

    /// <summary>Waits until the dead-letter queue holds exactly this many messages.</summary>
    public Task UntilDeadLetteredAsync(long messages) => UntilAsync(scenario.Environment.DeadLetterQueue, count => count == messages);

    /// <summary>Counts the slices that wait, if all that waits is one import, from its opening on and without its closing.</summary>
    public async Task<long> QueuedSlicesAsync() => await QueuedAsync() - 1;

    /// <summary>Deletes a queue, with all its messages.</summary>
    public Task DeleteAsync(string queue) => scenario.Environment.WithChannelAsync(channel => channel.QueueDeleteAsync(queue));

    private Task<long> CountAsync(string queue) =>
        scenario.Environment.WithChannelAsync(async channel => (long)await channel.MessageCountAsync(queue));

    private Task UntilAsync(string queue, Func<long, bool> condition) => scenario.Environment.WithChannelAsync(async channel =>
    {
        await scenario.UntilAsync(async () => condition(await channel.MessageCountAsync(queue)));
        return true;
    });
}
