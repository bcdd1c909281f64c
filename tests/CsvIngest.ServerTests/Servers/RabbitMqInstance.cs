using RabbitMQ.Client;

namespace CsvIngest.ServerTests.Servers;

/// <summary>A RabbitMQ server of a test's own.</summary>
public abstract class RabbitMqInstance : ServerInstance
{
    /// <summary>Its address with user and password: <c>amqp://user:password@host:port/</c>.</summary>
    public abstract string Address { get; }

    /// <summary>
    /// An instance that is not started yet: in a container where <see cref="Containers"/> can be had, a process of this
    /// machine's own rabbitmq-server otherwise.
    /// </summary>
    /// <param name="configuration">Lines of <c>rabbitmq.conf</c>.</param>
    /// <exception cref="InvalidOperationException">There is no server to be had; says what to do.</exception>
    public static RabbitMqInstance Create(params string[] configuration) =>
        Containers.AreUsed ? new ContainerRabbitMq(configuration) : new PrivateRabbitMq(configuration);

    /// <summary>Runs <c>rabbitmqctl</c> on it and returns what it prints.</summary>
    /// <exception cref="InvalidOperationException">It failed; holds what it printed.</exception>
    public abstract Task<string> CtlAsync(params string[] arguments);

    /// <summary>Has the server evaluate an Erlang expression, which ends with a full stop.</summary>
    /// <returns>Its value, as Erlang prints it.</returns>
    /// <exception cref="InvalidOperationException">It failed; holds what was printed.</exception>
    public virtual Task<string> EvalAsync(string expression) => CtlAsync("eval", expression);

    /// <summary>Makes the server believe that its disk is full, so that it blocks publishers.</summary>
    public Task SetDiskAlarmAsync() => EvalAsync("ok = rabbit_disk_monitor:set_disk_free_limit(\"100000GB\").");

    /// <summary>Ends what <see cref="SetDiskAlarmAsync"/> began.</summary>
    public Task ClearDiskAlarmAsync() => EvalAsync("ok = rabbit_disk_monitor:set_disk_free_limit(\"1MB\").");

    /// <summary>Closes all connections, as an administrator would.</summary>
    public Task CloseConnectionsAsync() =>
        EvalAsync("[rabbit_networking:close_connection(Pid, \"closed by a test\") || Pid <- rabbit_networking:connections_local()].");

    /// <summary>Deletes a queue, with all its messages.</summary>
    public async Task DeleteQueueAsync(string queue)
    {
        await using var connection = await new ConnectionFactory { Uri = new Uri(Address) }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        await channel.QueueDeleteAsync(queue);
    }

    protected override async Task ConnectAsync(CancellationToken cancellationToken)
    {
        var factory = new ConnectionFactory { Uri = new Uri(Address), AutomaticRecoveryEnabled = false };
        await using var connection = await factory.CreateConnectionAsync(cancellationToken);
    }
}
