using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace CsvIngest.ServerTests.EndToEnd.Harness;

/// <summary>
/// A proxy between a program and its server that makes connections slow, resets them, or leaves them half open. It opens one
/// connection to the server for each that it accepts, so a server that is not running looks like one that hangs up.
/// </summary>
internal sealed class TcpProxy : IAsyncDisposable
{
    /// <summary>Small, so that <see cref="Delay"/> slows a stream of small messages too.</summary>
    private const int ChunkBytes = 4096;

    private readonly string _host;
    private readonly int _port;
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly ConcurrentDictionary<Connection, bool> _connections = new();
    private readonly Task _accepting;
    private volatile int _delayMilliseconds;
    private volatile bool _silent;
    private int _accepted;
    private Withheld? _withheld;

    /// <param name="endpoint">The server's <c>host:port</c>.</param>
    public TcpProxy(string endpoint)
    {
        var colon = endpoint.LastIndexOf(':');
        _host = endpoint[..colon];
        _port = int.Parse(endpoint.AsSpan(colon + 1), System.Globalization.CultureInfo.InvariantCulture);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        _accepting = AcceptAsync();
    }

    /// <summary>The <c>host:port</c> that the program connects to.</summary>
    public string Endpoint => _listener.LocalEndPoint!.ToString()!;

    /// <summary>The number of connections accepted so far.</summary>
    public int Accepted => Volatile.Read(ref _accepted);

    /// <summary>
    /// The delay of every 4 KiB in either direction: added latency, and a limit of 4 KiB in that time. Zero for none.
    /// </summary>
    public TimeSpan Delay
    {
        get => TimeSpan.FromMilliseconds(_delayMilliseconds);
        set => _delayMilliseconds = (int)value.TotalMilliseconds;
    }

    /// <summary>Resets every connection. New ones are accepted.</summary>
    public void Reset()
    {
        foreach (var connection in _connections.Keys)
        {
            connection.Dispose();
        }
    }

    /// <summary>
    /// From now on every connection is half open: it stays, new ones are accepted, and nothing passes either way.
    /// </summary>
    public void FallSilent() => _silent = true;

    /// <summary>
    /// Withholds the server's next answer that contains this text, and resets its connection: the server has done its work, and
    /// the program does not know.
    /// </summary>
    /// <returns>Completes when the answer has been withheld.</returns>
    public Task WithholdAsync(string text)
    {
        var withheld = new Withheld(Encoding.ASCII.GetBytes(text));
        Volatile.Write(ref _withheld, withheld);
        return withheld.Done.Task;
    }

    /// <summary>New connections work again. Those that fell silent stay so, as they do when a router has forgotten them.</summary>
    public void Recover() => _silent = false;

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting;
        Reset();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptAsync();
                Interlocked.Increment(ref _accepted);
                _ = ServeAsync(client);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    private bool Withholds(ReadOnlySpan<byte> answer)
    {
        var withheld = Volatile.Read(ref _withheld);
        if (withheld is null || answer.IndexOf(withheld.Text) < 0)
        {
            return false;
        }

        Volatile.Write(ref _withheld, null);
        return withheld.Done.TrySetResult();
    }

    // Does not throw; ends with the connection, which disposing cuts.
    private async Task ServeAsync(Socket client)
    {
        var connection = new Connection(this, client);
        _connections.TryAdd(connection, true);
        try
        {
            await connection.RunAsync(_host, _port);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // One side hung up, or the proxy cut the connection.
        }
        finally
        {
            connection.Dispose();
            _connections.TryRemove(connection, out _);
        }
    }

    private sealed record Withheld(byte[] Text)
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class Connection(TcpProxy proxy, Socket client) : IDisposable
    {
        private readonly Socket _server = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        private readonly TaskCompletionSource _cut = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private volatile bool _silent;

        public async Task RunAsync(string host, int port)
        {
            client.NoDelay = true;
            if (!IsSilent())
            {
                await _server.ConnectAsync(host, port);
                await Task.WhenAny(PumpAsync(client, _server), PumpAsync(_server, client));
            }

            if (IsSilent())
            {
                await _cut.Task;
            }
        }

        public void Dispose()
        {
            foreach (var socket in (Socket[])[client, _server])
            {
                // With no time to linger, closing is a reset.
                socket.Close(timeout: 0);
            }

            _cut.TrySetResult();
        }

        private bool IsSilent() => _silent |= proxy._silent;

        private async Task PumpAsync(Socket from, Socket to)
        {
            try
            {
                var buffer = new byte[ChunkBytes];
                int read;
                while ((read = await from.ReceiveAsync(buffer)) > 0)
                {
                    if (proxy._delayMilliseconds > 0)
                    {
                        // The fault itself, not a wait for something to happen.
                        await Task.Delay(proxy._delayMilliseconds);
                    }

                    if (IsSilent())
                    {
                        return;
                    }

                    if (from == _server && proxy.Withholds(buffer.AsSpan(0, read)))
                    {
                        Dispose();
                        return;
                    }

                    await to.SendAsync(buffer.AsMemory(0, read));
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // One side hung up, or the proxy cut the connection.
            }
        }
    }
}
