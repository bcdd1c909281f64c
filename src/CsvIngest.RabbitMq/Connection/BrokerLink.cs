using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace CsvIngest.RabbitMq;

/// <summary>
/// One connection to the broker, with what the client lacks: a deadline for every request, and a way to end a connection that hangs
/// (client issue #1930). Automatic recovery is off (#1993): the owner of a link watches <see cref="Ended"/> and opens another.
/// </summary>
internal sealed class BrokerLink : IAsyncDisposable
{
    /// <summary>
    /// The largest message that a broker can be configured to accept. The client's own limit is 64 MiB, and a larger message would end the
    /// connection each time it is delivered.
    /// </summary>
    private const uint MaxBodyBytes = 512 * 1024 * 1024;

    /// <summary>
    /// After a connection that lasted this long the next one is opened without delay. 10 s, a guess: longer than one that fails at its first
    /// use.
    /// </summary>
    public static readonly TimeSpan StableAfter = TimeSpan.FromSeconds(10);

    private readonly RabbitMqOptions _options;
    private readonly ConcurrentBag<TcpClientAdapter> _sockets;
    private readonly TaskCompletionSource<LinkEnd> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IConnection _connection = null!;

    private BrokerLink(RabbitMqOptions options, ConcurrentBag<TcpClientAdapter> sockets)
    {
        _options = options;
        _sockets = sockets;
    }

    /// <summary>Completes when the connection, or a watched channel, is no longer usable. Never faults.</summary>
    public Task<LinkEnd> Ended => _ended.Task;

    /// <summary>Whether the link has not ended.</summary>
    public bool IsOpen => !_ended.Task.IsCompleted && _connection.IsOpen;

    /// <summary>
    /// Whether the broker is older than 4.0: when a queue with consumers is deleted and declared again at once, such a broker attaches
    /// them to the new queue without notice, and then drops what it should deliver to them.
    /// </summary>
    public bool BrokerReattachesConsumers { get; private set; }

    /// <summary>
    /// Connects to one of the hosts, in an order of its own each time. Makes one attempt for each; if the address has changed since, one more
    /// for each of the new one.
    /// </summary>
    /// <param name="purpose">Shown in the broker's list of connections.</param>
    /// <exception cref="DeniedException">The broker denies access.</exception>
    /// <exception cref="BrokerUnavailableException">No host is available now.</exception>
    public static Task<BrokerLink> OpenAsync(RabbitMqOptions options, string purpose, CancellationToken cancellationToken) =>
        options.Address.ConnectAsync(
            address => OpenAsync(options, address, purpose, cancellationToken),
            (message, cause) => new BrokerUnavailableException(message, cause));

    private static async Task<BrokerLink> OpenAsync(
        RabbitMqOptions options, RabbitMqAddress address, string purpose, CancellationToken cancellationToken)
    {
        var link = new BrokerLink(options, []);
        TlsAttempt? tls = null;
        try
        {
            tls = address.Tls is null ? null : new TlsAttempt(address.Tls, $"{address}");
            link._connection = await link.ConnectAsync(address, tls, $"csvingest {purpose}", cancellationToken);
        }
        catch (Exception error)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var failure = BrokerErrors.TranslateConnecting(error, address);
            throw failure is BrokerUnavailableException && tls is not null && await tls.FindRefusalAsync(error, cancellationToken) is { } refusal
                ? refusal
                : failure;
        }

        link.BrokerReattachesConsumers = MajorVersion(link._connection.ServerProperties) < 4;
        // Before any channel exists: handlers run in order, and the handler of a channel that hangs never returns.
        link._connection.ConnectionShutdownAsync += link.OnShutdown;
        link._connection.CallbackExceptionAsync += (_, error) => link.EndAsync(BrokerErrors.Reason(error.Exception));
        return link;
    }

    /// <summary>Opens a channel whose end is the end of this link.</summary>
    public async Task<IChannel> OpenChannelAsync(CreateChannelOptions options, CancellationToken cancellationToken)
    {
        var channel = await CreateChannelAsync(options, cancellationToken);
        channel.ChannelShutdownAsync += OnShutdown;
        channel.CallbackExceptionAsync += (_, error) => EndAsync(BrokerErrors.Reason(error.Exception));
        return channel;
    }

    /// <summary>Closes a channel of <see cref="OpenChannelAsync"/> without ending this link.</summary>
    /// <exception cref="BrokerUnavailableException">The connection was lost, or the broker did not answer in time.</exception>
    public Task CloseChannelAsync(IChannel channel, CancellationToken cancellationToken)
    {
        channel.ChannelShutdownAsync -= OnShutdown;
        return RequestAsync(() => CloseAsync(channel), cancellationToken);
    }

    /// <summary>
    /// Makes one request on a channel of its own, because a request that the broker rejects closes its channel. After a failure nothing is
    /// closed: either the broker has done so, or it does not answer, and would not answer that either.
    /// </summary>
    /// <exception cref="DeniedException">The broker denies access.</exception>
    /// <exception cref="BrokerUnavailableException">The connection was lost, or the broker did not answer in time.</exception>
    public async Task<T> RequestAsync<T>(Func<IChannel, Task<T>> request, CancellationToken cancellationToken)
    {
        var channel = await CreateChannelAsync(options: null, cancellationToken);
        var answer = await RequestAsync(() => request(channel), cancellationToken);
        await RequestAsync(() => CloseAsync(channel), cancellationToken);
        return answer;
    }

    /// <summary>Waits for an answer of the broker, with a deadline that does not depend on the client.</summary>
    /// <exception cref="DeniedException">The broker denies access.</exception>
    /// <exception cref="BrokerUnavailableException">The connection was lost, or the broker did not answer in time.</exception>
    public async Task<T> RequestAsync<T>(Func<Task<T>> request, CancellationToken cancellationToken)
    {
        try
        {
            return await request().WaitAsync(_options.RequestTimeout, _options.Time, cancellationToken);
        }
        catch (Exception error) when (error is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            throw BrokerErrors.Translate(error, _options.DisplayAddress);
        }
    }

    /// <summary>Calls back when the broker starts and stops blocking publishers, with its reason and null.</summary>
    public void OnBlocked(Action<string?> changed)
    {
        _connection.ConnectionBlockedAsync += (_, blocked) =>
        {
            changed(blocked.Reason);
            return Task.CompletedTask;
        };
        _connection.ConnectionUnblockedAsync += (_, _) =>
        {
            changed(null);
            return Task.CompletedTask;
        };
    }

    /// <summary>Ends this link: it is not used any more.</summary>
    /// <returns>False when it had ended before.</returns>
    public bool End(string reason) => _ended.TrySetResult(new LinkEnd(reason, IsDenied: false));

    /// <summary>
    /// Closes the connection if the broker answers within <see cref="RabbitMqOptions.CloseTimeout"/> (one that blocks publishers does not
    /// even read the request), and closes the socket otherwise. Does not throw.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        var usable = IsOpen;
        End("it was closed here");
        if (usable)
        {
            try
            {
                await _connection.CloseAsync().WaitAsync(_options.CloseTimeout, _options.Time);
            }
            catch (Exception)
            {
                // Whatever went wrong: the socket is closed now.
            }
        }

        Cut();
    }

    // One host after the other, each with its handshake. From a list of hosts the client takes the first one whose port is open, and the
    // port of a broker that is frozen is.
    private async Task<IConnection> ConnectAsync(
        RabbitMqAddress address, TlsAttempt? tls, string name, CancellationToken cancellationToken)
    {
        var factory = Factory(address);
        var endpoints = Endpoints(address, tls);
        Random.Shared.Shuffle(endpoints);
        // To connect, and for the handshake.
        var limit = _options.ConnectTimeout * 2;
        var failures = new List<Exception>();
        foreach (var endpoint in endpoints)
        {
            try
            {
                return await factory.CreateConnectionAsync([endpoint], name, cancellationToken).WaitAsync(limit, _options.Time, cancellationToken);
            }
            catch (Exception error)
            {
                // This ends an attempt that is still being made, too.
                Cut();
                cancellationToken.ThrowIfCancellationRequested();
                failures.Add(error);
            }
        }

        throw new AggregateException(failures);
    }

    // The client keeps the socket of a connection that hangs open for ever; the broker then keeps its deliveries as long.
    private void Cut()
    {
        foreach (var socket in _sockets)
        {
            socket.Dispose();
        }
    }

    private Task<IChannel> CreateChannelAsync(CreateChannelOptions? options, CancellationToken cancellationToken) =>
        RequestAsync(() => _connection.CreateChannelAsync(options, CancellationToken.None), cancellationToken);

    private static async Task<bool> CloseAsync(IChannel channel)
    {
        await channel.CloseAsync(CancellationToken.None);
        return true;
    }

    // 0 where the broker does not report its version: then it is treated as an old one.
    private static int MajorVersion(IDictionary<string, object?>? properties) =>
        properties is not null && properties.TryGetValue("version", out var value) && value is byte[] text
        && int.TryParse(Encoding.ASCII.GetString(text).Split('.')[0], CultureInfo.InvariantCulture, out var major)
            ? major
            : 0;

    private ConnectionFactory Factory(RabbitMqAddress address) => new()
    {
        UserName = address.User,
        Password = address.Password,
        VirtualHost = address.VirtualHost,
        AutomaticRecoveryEnabled = false,
        TopologyRecoveryEnabled = false,
        RequestedHeartbeat = _options.Heartbeat,
        RequestedConnectionTimeout = _options.ConnectTimeout,
        HandshakeContinuationTimeout = _options.ConnectTimeout,
        ContinuationTimeout = _options.RequestTimeout,
        // Here and not at the endpoints, where the limit is one for frames.
        MaxInboundMessageBodySize = MaxBodyBytes,
        // To acknowledge several deliveries at once is correct only when they are dispatched one after the other.
        ConsumerDispatchConcurrency = 1,
        SocketFactory = OpenSocket,
    };

    private TcpClientAdapter OpenSocket(AddressFamily family)
    {
        var socket = new TcpClientAdapter(new Socket(family, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true });
        _sockets.Add(socket);
        return socket;
    }

    private static AmqpTcpEndpoint[] Endpoints(RabbitMqAddress address, TlsAttempt? tls) =>
        [.. address.Hosts.Select(host => new AmqpTcpEndpoint(host.Name, host.Port, tls?.OptionsFor(host) ?? new SslOption()))];

    private Task OnShutdown(object sender, ShutdownEventArgs shutdown)
    {
        _ended.TrySetResult(new LinkEnd(BrokerErrors.Reason(shutdown), BrokerErrors.IsDenial(shutdown)));
        return Task.CompletedTask;
    }

    private Task EndAsync(string reason)
    {
        End(reason);
        return Task.CompletedTask;
    }
}

/// <summary>Why a link ended.</summary>
/// <param name="Reason">For people.</param>
/// <param name="IsDenied">Whether the broker closed it because of what was requested, so that the next attempt would end the same way.</param>
internal sealed record LinkEnd(string Reason, bool IsDenied);
