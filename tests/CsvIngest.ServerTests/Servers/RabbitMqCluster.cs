using System.Globalization;
using System.Text.RegularExpressions;
using CsvIngest.Testing;

namespace CsvIngest.ServerTests.Servers;

/// <summary>
/// Three RabbitMQ servers that form a cluster: always processes of this machine's own rabbitmq-server, each of which a test may kill, freeze,
/// or cut off from the others.
/// </summary>
internal sealed partial class RabbitMqCluster : IAsyncDisposable
{
    private const int Size = 3;

    private readonly ClusterPeers _peers = ClusterPeers.New();

    /// <param name="configuration">Lines of each node's <c>rabbitmq.conf</c>.</param>
    public RabbitMqCluster(params string[] configuration)
    {
        Nodes = [.. Enumerable.Range(0, Size).Select(_ => new PrivateRabbitMq(configuration, _peers))];
        foreach (var node in Nodes)
        {
            node.JoinAtStart(Nodes.Select(peer => peer.NodeName));
        }
    }

    /// <summary>Whether this machine can run it.</summary>
    public static bool IsAvailable => PrivateRabbitMq.IsInstalled;

    /// <summary>The nodes, running or not.</summary>
    public IReadOnlyList<PrivateRabbitMq> Nodes { get; }

    /// <summary>The address of all nodes: <c>amqp://user:password@host:port,host:port,host:port/</c>.</summary>
    public string Address
    {
        get
        {
            var addresses = Nodes.Select(node => new Uri(node.Address)).ToList();
            return $"amqp://{addresses[0].UserInfo}@{string.Join(',', addresses.Select(address => address.Authority))}/";
        }
    }

    /// <summary>Starts the nodes that do not run. On return all of them are members of one cluster and see each other.</summary>
    public async Task StartAsync()
    {
        await Task.WhenAll(Nodes.Where(node => !node.IsRunning).Select(node => node.StartAsync()));
        foreach (var node in Nodes)
        {
            await Poll.UntilAsync(() => SeesAllAsync(node));
        }
    }

    private static async Task<bool> SeesAllAsync(PrivateRabbitMq node)
    {
        try
        {
            return await node.EvalAsync("length([N || N <- [node() | nodes()], rabbit:is_running(N)]).") == Size.ToString(CultureInfo.InvariantCulture);
        }
        catch (InvalidOperationException)
        {
            // A node that was cut off, or that has just started, may refuse the question for a moment.
            return false;
        }
    }

    /// <summary>Asks a running node for the members of a quorum queue, and which of them is the leader.</summary>
    /// <returns>All members, and the leader; null while there is none.</returns>
    public async Task<(IReadOnlyList<PrivateRabbitMq> Members, PrivateRabbitMq? Leader)> FindAsync(string queue)
    {
        var running = Nodes.First(node => node.IsRunning);
        var answer = await running.EvalAsync(
            $"case ra:members({{'%2F_{queue}', node()}}, 1000) of {{ok, M, {{_, L}}}} -> {{[N || {{_, N}} <- M], L}}; Other -> Other end.");
        var found = MembersAndLeader().Match(answer);
        return found.Success
            ? ([.. Nodes.Where(node => found.Groups["members"].Value.Contains(node.NodeName, StringComparison.Ordinal))],
                Nodes.Single(node => node.NodeName == found.Groups["leader"].Value))
            : ([], null);
    }

    /// <summary>Waits for the leader of a queue.</summary>
    public async Task<PrivateRabbitMq> LeaderOfAsync(string queue)
    {
        PrivateRabbitMq? leader = null;
        await Poll.UntilAsync(async () => (leader = (await FindAsync(queue)).Leader) is not null);
        return leader!;
    }

    /// <summary>What all running nodes do when they lose each other, from now on; see <c>cluster_partition_handling</c>.</summary>
    /// <param name="handling">Such as <c>pause_minority</c>. A node that is started again has the default, <c>ignore</c>.</param>
    public Task HandlePartitionsAsync(string handling) => Task.WhenAll(Nodes.Where(node => node.IsRunning).Select(
        node => node.EvalAsync($"application:set_env(rabbit, cluster_partition_handling, {handling}).")));

    /// <summary>
    /// Cuts a node off from the others, but not from its clients: from now on, it expects another secret of them than they have.
    /// </summary>
    public Task CutOffAsync(PrivateRabbitMq node) => SetCookieAsync(node, ClusterPeers.NewCookie());

    /// <summary>Ends what <see cref="CutOffAsync"/> began.</summary>
    public Task ReconnectAsync(PrivateRabbitMq node) => SetCookieAsync(node, _peers.Cookie);

    public async ValueTask DisposeAsync()
    {
        foreach (var node in Nodes)
        {
            await node.DisposeAsync();
        }
    }

    private async Task SetCookieAsync(PrivateRabbitMq node, string cookie)
    {
        foreach (var peer in Nodes.Where(peer => peer != node))
        {
            await node.EvalAsync($"erlang:set_cookie('{peer.NodeName}', '{cookie}'), erlang:disconnect_node('{peer.NodeName}').");
        }
    }

    // As in {['a@localhost','b@localhost'],'b@localhost'}, with or without the quotes and blanks.
    [GeneratedRegex(@"^\{\[(?<members>[^\]]*)\], *'?(?<leader>[^'}]*)'?\}$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex MembersAndLeader();
}
