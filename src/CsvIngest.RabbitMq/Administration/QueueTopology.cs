using System.Text.RegularExpressions;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace CsvIngest.RabbitMq;

/// <summary>The queue and its dead-letter queue: declared where missing, compared by the broker where they exist.</summary>
internal static partial class QueueTopology
{
    /// <summary>
    /// How often a message is delivered before the broker dead-letters it. 20 is the broker's own default from 4.0 on; before,
    /// there was none, so it is always set.
    /// </summary>
    public const int DeliveryLimit = 20;

    /// <summary>
    /// Looking at a dead letter delivers it, and from 4.0 on a quorum queue without a limit of its own drops a message after 20
    /// deliveries. Never reached, and unlike -1 understood by 3.10 too.
    /// </summary>
    public const int DeadLetterDeliveryLimit = 1_000_000;

    private const string QueueType = "x-queue-type";

    /// <summary>How long a passing queue lives should we die before we delete it. A guess.</summary>
    private static readonly TimeSpan PassingLifetime = TimeSpan.FromMinutes(1);

    /// <summary>
    /// How long the broker may keep a new queue's registration in memory: Erlang's disk tables write after 3 s, and a kill after
    /// 1 s was survived each time on 3.10.
    /// </summary>
    private static readonly TimeSpan RegistrationDelay = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Makes one attempt on this link. On return both queues exist, as wanted, and would still do so if the broker were killed.
    /// </summary>
    /// <exception cref="DeniedException">A queue exists with other arguments, or the broker does not let us.</exception>
    /// <exception cref="BrokerUnavailableException">The link broke, or nothing was answered in time.</exception>
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

    /// <summary>How many messages of a queue could be delivered now; 0 when it does not exist.</summary>
    /// <exception cref="DeniedException">The broker denies access.</exception>
    /// <exception cref="BrokerUnavailableException">The link broke, or nothing was answered in time.</exception>
    public static async Task<long> CountAsync(BrokerLink link, string queue, CancellationToken cancellationToken) =>
        (await FindAsync(link, queue, cancellationToken))?.MessageCount ?? 0;

    private static async Task<bool> ExistsAsync(BrokerLink link, string queue, CancellationToken cancellationToken) =>
        await FindAsync(link, queue, cancellationToken) is not null;

    private static async Task<QueueDeclareOk?> FindAsync(BrokerLink link, string queue, CancellationToken cancellationToken)
    {
        try
        {
            return await link.RequestAsync(
                channel => channel.QueueDeclarePassiveAsync(queue, CancellationToken.None), cancellationToken);
        }
        catch (BrokerUnavailableException missing) when (
            missing.InnerException is OperationInterruptedException error && BrokerErrors.IsNotFound(error))
        {
            return null;
        }
    }

    /// <summary>
    /// Has the broker write down that the queues exist. It keeps the registration of a new quorum queue in memory at first; were
    /// it killed then, the queue would come back empty, with all that was confirmed meanwhile (decision 0004). Registering another
    /// queue makes it write what it holds: the table is searched for the new name, and a search writes first.
    /// </summary>
    private static async Task WriteRegistrationsAsync(BrokerLink link, RabbitMqOptions options, CancellationToken cancellationToken)
    {
        var passing = $"{options.Queue}.{Guid.NewGuid():N}";
        var arguments = new Dictionary<string, object?>
        {
            [QueueType] = "quorum",
            ["x-expires"] = (int)PassingLifetime.TotalMilliseconds,
        };
        try
        {
            await link.RequestAsync(
                async channel =>
                {
                    await channel.QueueDeclareAsync(
                        passing, durable: true, exclusive: false, autoDelete: false, arguments, cancellationToken: CancellationToken.None);
                    return await channel.QueueDeleteAsync(
                        passing, ifUnused: false, ifEmpty: false, cancellationToken: CancellationToken.None);
                },
                cancellationToken);
        }
        catch (DeniedException)
        {
            // We may not declare a queue of that name. Then it takes its time.
            await Task.Delay(RegistrationDelay, cancellationToken);
        }
    }

    /// <summary>Of the queue.</summary>
    internal static Dictionary<string, object?> Arguments(RabbitMqOptions options) => new()
    {
        [QueueType] = "quorum",
        ["x-dead-letter-exchange"] = "",
        ["x-dead-letter-routing-key"] = options.DeadLetterQueue,
        // At least once needs the overflow behaviour too: the broker ignores it otherwise.
        ["x-dead-letter-strategy"] = "at-least-once",
        ["x-overflow"] = "reject-publish",
        ["x-delivery-limit"] = DeliveryLimit,
    };

    private static Dictionary<string, object?> DeadLetterArguments() => new()
    {
        [QueueType] = "quorum",
        ["x-delivery-limit"] = DeadLetterDeliveryLimit,
    };

    private static async Task DeclareAsync(
        BrokerLink link, string queue, Dictionary<string, object?> arguments, CancellationToken cancellationToken)
    {
        if (await TryDeclareAsync(link, queue, arguments, cancellationToken) is not { } refused)
        {
            return;
        }

        // The broker names the first argument that differs. Where the type does, that is what people need to hear.
        var type = new Dictionary<string, object?> { [QueueType] = arguments[QueueType] };
        var aboutType = await TryDeclareAsync(link, queue, type, cancellationToken);
        var error = aboutType is not null && Inequivalent().Match(Text(aboutType)).Groups["argument"].Value == QueueType
            ? aboutType
            : refused;
        throw new DeniedException(Explain(queue, Text(error)), error);

        static string Text(OperationInterruptedException error) => error.ShutdownReason!.ReplyText;
    }

    /// <returns>Null when the queue is as wanted; otherwise in which way it is not.</returns>
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
        catch (DeniedException refused) when (
            refused.InnerException is OperationInterruptedException error && BrokerErrors.IsPreconditionFailed(error))
        {
            return error;
        }
    }

    /// <summary>Says what the broker said, in the words of someone who has to mend it.</summary>
    internal static string Explain(string queue, string replyText)
    {
        const string NextStep = "Delete it (its messages are lost) or choose another name with --queue.";
        var match = Inequivalent().Match(replyText);
        if (!match.Success)
        {
            return $"Queue \"{queue}\" cannot be used: {replyText}. {NextStep}";
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
