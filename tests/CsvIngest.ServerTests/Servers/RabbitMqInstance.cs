using CsvIngest.Testing;
using RabbitMQ.Client;

namespace CsvIngest.ServerTests.Servers;

/// <summary>A RabbitMQ server of a test's own.</summary>
public abstract class RabbitMqInstance : ServerInstance
{
    /// <summary>Its address with user and password: <c>amqp://user:password@host:port/</c>.</summary>
    public abstract string Address { get; }

    /// <summary>The host and port of <see cref="ListenWithTlsAsync"/>, such as <c>localhost:5671</c>.</summary>
    public abstract string TlsEndpoint { get; }

    /// <summary>The interface and port that it listens on with TLS, as Erlang's <c>{"127.0.0.1", 5671}</c>.</summary>
    protected abstract string TlsListener { get; }

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

    /// <summary>Accepts connections with TLS, too, from clients that have a certificate.</summary>
    /// <param name="own">The server's certificate.</param>
    /// <param name="clients">The issuer of the certificates of clients.</param>
    public Task ListenWithTlsAsync(IssuedCertificate own, CertificateAuthority clients) => EvalAsync(
        $"rabbit_networking:ensure_ssl(), ok = rabbit_networking:start_ssl_listener({TlsListener}, "
        + $"[{{cert, {Binary(own.Certificate.RawData)}}}, {{key, {{'ECPrivateKey', {Binary(own.KeyDer)}}}}}, {{cacerts, [{Binary(clients.Der)}]}}, "
        + "{verify, verify_peer}, {fail_if_no_peer_cert, true}], 2).");

    /// <summary>Makes a user who may do everything, or replaces the password, and closes the user's connections.</summary>
    public Task SetPasswordAsync(string user, string password) => EvalAsync(
        $"U = <<\"{user}\">>, P = <<\"{password}\">>, A = <<\"test\">>, case rabbit_auth_backend_internal:exists(U) of "
        + "true -> rabbit_auth_backend_internal:change_password(U, P, A); false -> rabbit_auth_backend_internal:add_user(U, P, A) end, "
        + "ok = rabbit_auth_backend_internal:set_permissions(U, <<\"/\">>, <<\".*\">>, <<\".*\">>, <<\".*\">>, A), "
        + "rabbit_networking:close_all_user_connections(U, <<\"closed by a test\">>).");

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

    private static string Binary(byte[] bytes) => $"base64:decode(\"{Convert.ToBase64String(bytes)}\")";

    protected override async Task ConnectAsync(CancellationToken cancellationToken)
    {
        var factory = new ConnectionFactory { Uri = new Uri(Address), AutomaticRecoveryEnabled = false };
        await using var connection = await factory.CreateConnectionAsync(cancellationToken);
    }
}
