using CsvIngest.Testing;

namespace CsvIngest.ServerTests.Servers;

/// <summary>What the nodes of a RabbitMQ cluster share.</summary>
/// <param name="PortMapper">The port of the program by which they find each other.</param>
/// <param name="Cookie">The secret by which they recognize each other.</param>
internal sealed record ClusterPeers(int PortMapper, string Cookie)
{
    /// <summary>Those of a new cluster.</summary>
    public static ClusterPeers New() => new(ServerPorts.Take(), NewCookie());

    /// <summary>A secret that nobody else has.</summary>
    public static string NewCookie() => Guid.NewGuid().ToString("N");
}
