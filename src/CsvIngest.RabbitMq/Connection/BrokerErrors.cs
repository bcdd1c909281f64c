using System.Security.Authentication;
using CsvIngest.Settings;
using CsvIngest.Tls;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;

namespace CsvIngest.RabbitMq;

/// <summary>Decides which errors of the client are worth another attempt, and words them for people.</summary>
internal static class BrokerErrors
{
    private const int AccessRefused = 403;
    private const int NotFound = 404;
    private const int PreconditionFailed = 406;
    private const int NotAllowed = 530;
    private const int NotImplemented = 540;
    private const int InternalError = 541;

    // The protocol's numbers for basic.get.
    private const int BasicClass = 60;
    private const int GetMethod = 70;

    /// <summary>As <see cref="Translate"/>, for an attempt to connect.</summary>
    public static Exception TranslateConnecting(Exception error, RabbitMqAddress address)
    {
        if (HostFailures.DenialOf(error, host => TlsDenialOf(host, address)) is { } denial)
        {
            return denial;
        }

        var causes = Causes(error).ToList();
        if (causes.OfType<AuthenticationFailureException>().Any())
        {
            return new LoginRefusedException(
                $"Authentication failed for user \"{address.User}\" at {address}: wrong user name or password. "
                + "Check the broker's address (--broker).",
                error);
        }

        // The files could be used when the program began. They are being replaced.
        if (causes.OfType<UsageException>().FirstOrDefault() is { } unusable)
        {
            return new BrokerUnavailableException($"Broker {address}: {FailureReason.Of(unusable)}", error);
        }

        return causes.Any(cause => cause is PacketNotRecognizedException or ProtocolVersionMismatchException)
            ? new DeniedException($"The server at {address} does not support AMQP 0-9-1. Check host and port (--broker).", error)
            : Translate(error, $"{address}");
    }

    /// <summary>A <see cref="DeniedException"/> or a <see cref="BrokerUnavailableException"/> in place of the client's own.</summary>
    /// <param name="address">Without password.</param>
    public static Exception Translate(Exception error, string address)
    {
        if (error is DeniedException or BrokerUnavailableException)
        {
            return error;
        }

        var shutdown = Causes(error).OfType<OperationInterruptedException>().FirstOrDefault()?.ShutdownReason;
        return shutdown is not null && IsDenial(shutdown)
            ? new DeniedException(Rejected(address, Reason(shutdown)), error)
            : new BrokerUnavailableException($"Broker {address} is not available: {Reason(error)}", error);
    }

    /// <summary>What to say when the broker has closed a connection or a channel because of what was requested.</summary>
    /// <param name="address">Without password.</param>
    /// <param name="reason">The broker's own words.</param>
    public static string Rejected(string address, string reason) =>
        $"Broker {address} rejected the request: {reason}";

    /// <summary>Whether the broker closed for a reason that holds for the next attempt too.</summary>
    public static bool IsDenial(ShutdownEventArgs shutdown) => shutdown.Initiator == RabbitMQ.Client.ShutdownInitiator.Peer
        && shutdown.ReplyCode switch
        {
            AccessRefused or PreconditionFailed or NotImplemented => true,
            // The same code reports a virtual host that is still starting, and a limit on connections.
            NotAllowed => !shutdown.ReplyText.Contains("is down", StringComparison.Ordinal)
                && !shutdown.ReplyText.Contains("limit", StringComparison.Ordinal),
            _ => false,
        };

    /// <summary>Whether the broker closed the connection because what was requested does not exist for this kind of queue.</summary>
    public static bool IsNotImplemented(DeniedException error) =>
        Causes(error).OfType<OperationInterruptedException>().Any(cause => cause.ShutdownReason?.ReplyCode == NotImplemented);

    /// <summary>Whether the broker closed the channel because of an inequivalent or unknown argument.</summary>
    public static bool IsPreconditionFailed(OperationInterruptedException error) =>
        error.ShutdownReason?.ReplyCode == PreconditionFailed;

    /// <summary>Whether the broker closed the channel because there is no such queue.</summary>
    public static bool IsNotFound(OperationInterruptedException error) => error.ShutdownReason?.ReplyCode == NotFound;

    /// <summary>Why a request failed, in one line. The client's own messages describe the shutdown with a stack trace.</summary>
    public static string Reason(Exception error) =>
        Causes(error).OfType<OperationInterruptedException>().FirstOrDefault()?.ShutdownReason is { } shutdown ? Reason(shutdown) : Words(error);

    /// <summary>Why a connection or a channel was closed, in one line: the exception that ended it, or the broker's own words.</summary>
    public static string Reason(ShutdownEventArgs shutdown) =>
        shutdown.Exception is { } failure ? Words(failure)
        : HasNoLeader(shutdown) ? "the queue has no leader; it elects one once most of its brokers are running and connected to each other"
        : DisplayText.OneLine(shutdown.ReplyText);

    /// <summary>Whether a request failed because a quorum queue has no leader now.</summary>
    public static bool HasNoLeader(BrokerUnavailableException error) =>
        Causes(error).OfType<OperationInterruptedException>().Any(cause => cause.ShutdownReason is { } shutdown && HasNoLeader(shutdown));

    // What a broker answers to a request for a message of a quorum queue while most of the brokers that hold the queue are away.
    private static bool HasNoLeader(ShutdownEventArgs shutdown) =>
        shutdown is { ReplyCode: InternalError, ClassId: BasicClass, MethodId: GetMethod };

    private static DeniedException? TlsDenialOf(Exception failure, RabbitMqAddress address) => failure switch
    {
        _ when ClientCertificateRefusal.ReasonOf(failure) is { } reason => new DeniedException(
            $"Broker {address}: {ClientCertificateRefusal.Explain(reason, address.Tls?.CertificateFile, RabbitMqTls.Terms)}", failure),
        AuthenticationException => new DeniedException(
            $"Cannot establish TLS with broker {address}: {FailureReason.Of(failure)} Check that it expects TLS at this port, and whether it requires "
            + "a client certificate (certfile and keyfile in --broker).",
            failure),
        _ => null,
    };

    // The second is what the client runs into when it writes to a connection that the server has closed.
    private static string Words(Exception failure) =>
        Causes(failure).Any(cause => cause is EndOfStreamException or InvalidOperationException { Message: "Pipe is completed." })
            ? "the server closed the connection"
            : FailureReason.Of(failure);

    private static IEnumerable<Exception> Causes(Exception error) => error switch
    {
        AggregateException many => many.InnerExceptions.SelectMany(Causes).Prepend(error),
        { InnerException: { } inner } => Causes(inner).Prepend(error),
        _ => [error],
    };
}
