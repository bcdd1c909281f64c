using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace CsvIngest.Testing;

/// <summary>
/// Ports for the servers of tests. They are below those that systems give to outgoing connections (32768 and more on Linux, 49152 elsewhere):
/// otherwise a connection of another test could take the port of a server that is being restarted.
/// </summary>
public static class ServerPorts
{
    // Below are the usual ports of services.
    private const int First = 15_000;
    private const int Last = 32_767;

    private static readonly ConcurrentDictionary<int, bool> Taken = new();

    /// <summary>A port that nothing listens on, and that this run of the tests has not used.</summary>
    public static int Take()
    {
        while (true)
        {
            var port = Random.Shared.Next(First, Last + 1);
            if (Taken.TryAdd(port, true) && IsFree(port))
            {
                return port;
            }
        }
    }

    private static bool IsFree(int port)
    {
        using var listener = new TcpListener(IPAddress.Any, port);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
