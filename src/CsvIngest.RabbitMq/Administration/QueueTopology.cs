using System.Text.RegularExpressions;
using CsvIngest.Messages;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace CsvIngest.RabbitMq;

/// <summary>The queue and its dead-letter queue: declared where missing, compared by the broker where they exist.</summary>
internal static partial class QueueTopology
{
    /// <summary>
    /// To list a dead letter delivers it, and from 4.0 on a quorum queue without a limit of its own drops a message after 20 deliveries.
    /// This limit is never reached and, unlike -1, 3.10 accepts it too.
    /// </summary>
    public const int DeadLetterDeliveryLimit = 1_000_000;

    private const string QueueType = "x-queue-type";
    private const string NextStep = "Delete it (its messages are lost) or choose another name with --queue.";

    /// <summary>How long a temporary queue lives if the program dies before it deletes the queue. A guess.</summary>
    private static readonly TimeSpan TemporaryLifetime = TimeSpan.FromMinutes(1);

    /// <summary>
    /// How long the broker may keep the registration of a new queue in memory: Erlang's disk tables are written after 3 s, and on 3.10
    /// registrations survived every kill after 1 s.
    /// </summary>
    private static readonly TimeSpan RegistrationDelay = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Makes one attempt on this link. On return both queues exist with the expected arguments, and would survive a kill of the broker.
    /// </summary>
    /// <exception cref="DeniedException">A queue exists with other arguments, or the broker denies access.</exception>
    /// <exception cref="BrokerUnavailableException">
    /// The connection was lost, the broker did not answer in time, or a queue has no leader.
    /// </exception>
    public static async Task PrepareAsync(BrokerLink link, RabbitMqOptions options, CancellationToken cancellationToken)
    {
        var isNew = !await ExistsAsync(link, options.Queue, cancellationToken)
            | !await ExistsAsync(link, options.DeadLetterQueue, cancellationToken);
        // The dead-letter queue first, so that the queue never exists without it.
        await DeclareAsync(link, options.DeadLetterQueue, DeadLetterArguments(), cancellationToken);
        await DeclareAsync(link, options.Queue, Arguments(options), cancellationToken);
        if (isNew)
        {
            await WriteRegistrationsAsync(link, options, cancellationToken);
        }
    }

    /// <summary>How many messages of a queue could be delivered now, and how many consumers it has; 0 when it does not exist.</summary>
    /// <exception cref="DeniedException">The broker denies access.</exception>
    /// <exception cref="BrokerUnavailableException">
    /// The connection was lost, the broker did not answer in time, or the queue has no leader.
    /// </exception>
    public static async Task<(long Messages, int Consumers)> CountAsync(BrokerLink link, string queue, CancellationToken cancellationToken) =>
        await FindAsync(link, queue, cancellationToken) is { } found ? (found.MessageCount, (int)found.ConsumerCount) : (0, 0);

    private static async Task<bool> ExistsAsync(BrokerLink link, string queue, CancellationToken cancellationToken) =>
        await FindAsync(link, queue, cancellationToken) is not null;

    private static async Task<QueueDeclareOk?> FindAsync(BrokerLink link, string queue, CancellationToken cancellationToken)
    {
        QueueDeclareOk found;
        try
        {
            found = await link.RequestAsync(
                channel => channel.QueueDeclarePassiveAsync(queue, CancellationToken.None), cancellationToken);
        }
        catch (BrokerUnavailableException missing) when (
            missing.InnerException is OperationInterruptedException error && BrokerErrors.IsNotFound(error))
        {
            return null;
        }

        // The broker reports these numbers, instead of an error, for a quorum queue without a leader.
        if (found is { MessageCount: 0, ConsumerCount: 0 })
        {
            await CheckLeaderAsync(link, queue, cancellationToken);
        }

        return found;
    }

    /// <summary>
    /// Requests a message of a queue that seems to be empty: without a leader, that fails. A message that has arrived meanwhile returns to
    /// the queue, because its channel is closed.
    /// </summary>
    private static async Task CheckLeaderAsync(BrokerLink link, string queue, CancellationToken cancellationToken)
    {
        try
        {
            await link.RequestAsync(channel => channel.BasicGetAsync(queue, autoAck: false, CancellationToken.None), cancellationToken);
        }
        catch (DeniedException denied) when (BrokerErrors.IsNotImplemented(denied))
        {
            // A stream has no basic.get.
            throw new DeniedException($"Queue \"{queue}\" exists as a stream; expected quorum. {NextStep}", denied);
        }
        catch (DeniedException)
        {
            // This user may only publish. Without a leader, nothing will be confirmed.
        }
    }

    /// <summary>
    /// Makes the broker write to disk that the queues exist. It keeps the registration of a new quorum queue in memory at first; if it were
    /// killed then, the queue would be empty afterwards, without the messages that were confirmed meanwhile (docs/decisions/0004). Registering
    /// another queue makes it write the table: it is searched for the new name, and before a search it is written.
    /// </summary>
    private static async Task WriteRegistrationsAsync(BrokerLink link, RabbitMqOptions options, CancellationToken cancellationToken)
    {
        var temporary = $"{options.Queue}.{Guid.NewGuid():N}";
        var arguments = new Dictionary<string, object?>
        {
            [QueueType] = "quorum",
            ["x-expires"] = (int)TemporaryLifetime.TotalMilliseconds,
        };
        try
        {
            await link.RequestAsync(
                async channel =>
                {
                    await channel.QueueDeclareAsync(
                        temporary, durable: true, exclusive: false, autoDelete: false, arguments, cancellationToken: CancellationToken.None);
                    return await channel.QueueDeleteAsync(
                        temporary, ifUnused: false, ifEmpty: false, cancellationToken: CancellationToken.None);
                },
                cancellationToken);
        }
        catch (DeniedException)
        {
            // This user may not declare a queue of that name. Then only time helps.
            await Task.Delay(RegistrationDelay, cancellationToken);
        }
    }

    /// <summary>The arguments of the queue.</summary>
    internal static Dictionary<string, object?> Arguments(RabbitMqOptions options) => new()
    {
        [QueueType] = "quorum",
        ["x-dead-letter-exchange"] = "",
        ["x-dead-letter-routing-key"] = options.DeadLetterQueue,
        // The broker ignores the strategy without this overflow behaviour.
        ["x-dead-letter-strategy"] = "at-least-once",
        ["x-overflow"] = "reject-publish",
        // Before 4.0 there is no limit by default, so it is always set.
        ["x-delivery-limit"] = DeliveryLimit.Default,
    };

    private static Dictionary<string, object?> DeadLetterArguments() => new()
    {
        [QueueType] = "quorum",
        ["x-delivery-limit"] = DeadLetterDeliveryLimit,
    };

    private static async Task DeclareAsync(
        BrokerLink link, string queue, Dictionary<string, object?> arguments, CancellationToken cancellationToken)
    {
        if (await TryDeclareAsync(link, queue, arguments, cancellationToken) is not { } rejected)
        {
            return;
        }

        // The broker names the first argument that differs. Where the type differs, that is what people need to know.
        var type = new Dictionary<string, object?> { [QueueType] = arguments[QueueType] };
        var aboutType = await TryDeclareAsync(link, queue, type, cancellationToken);
        var error = aboutType is not null && Inequivalent().Match(Text(aboutType)).Groups["argument"].Value == QueueType
            ? aboutType
            : rejected;
        throw new DeniedException(Explain(queue, Text(error)), error);

        static string Text(OperationInterruptedException error) => error.ShutdownReason!.ReplyText;
    }

    /// <returns>Null when the queue has the expected arguments; otherwise the error that names one of the others.</returns>
    private static async Task<OperationInterruptedException?> TryDeclareAsync(
        BrokerLink link, string queue, Dictionary<string, object?> arguments, CancellationToken cancellationToken)
    {
        try
        {
            await link.RequestAsync(
                channel => channel.QueueDeclareAsync(
                    queue, durable: true, exclusive: false, autoDelete: false, arguments, cancellationToken: CancellationToken.None),
                cancellationToken);
            return null;
        }
        catch (DeniedException denied) when (
            denied.InnerException is OperationInterruptedException error && BrokerErrors.IsPreconditionFailed(error))
        {
            return error;
        }
    }

    /// <summary>Turns the broker's reply into what was found, what is expected, and what to do.</summary>
    internal static string Explain(string queue, string replyText)
    {
        var match = Inequivalent().Match(replyText);
        if (!match.Success)
        {
            return replyText.Contains("queue limit", StringComparison.Ordinal)
                ? $"Queue \"{queue}\" cannot be declared: {replyText}."
                : $"Queue \"{queue}\" cannot be used: {replyText}. {NextStep}";
        }

        var argument = match.Groups["argument"].Value;
        var found = match.Groups["found"] is { Success: true } value ? value.Value : "nothing";
        var wanted = match.Groups["wanted"] is { Success: true } other ? other.Value : "nothing";
        if (argument == QueueType)
        {
            // A queue declared without a type is a classic one.
            return $"Queue \"{queue}\" exists as a {(found == "nothing" ? "classic" : found)} queue; expected {wanted}. {NextStep}";
        }

        return $"Queue \"{queue}\" exists with other arguments: {argument} is {found}; expected {wanted}. {NextStep}";
    }

    // As in: inequivalent arg 'x-queue-type' for queue 'q' in vhost '/': received the value 'quorum' of type 'longstr' but
    // current is none. Or: … received 'true' but current is 'false'. Or: … received none but current is the value '5' of type …
    [GeneratedRegex(
        "inequivalent arg '(?<argument>[^']*)'.*: received (?:none|(?:the value )?'(?<wanted>[^']*)'(?: of type '[^']*')?)"
        + " but current is (?:none|(?:the value )?'(?<found>[^']*)')",
        RegexOptions.CultureInvariant | RegexOptions.Singleline,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Inequivalent();
}
