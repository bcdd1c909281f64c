using CsvIngest.Messages;
using CsvIngest.Settings;
using Microsoft.Extensions.Logging;

namespace CsvIngest.RabbitMq;

/// <summary>The message seam on RabbitMQ 3.10 and later: a durable quorum queue and its dead-letter queue.</summary>
public sealed class RabbitMqBroker : IBroker
{
    /// <summary>How long it may take to declare a queue. A guess.</summary>
    private static readonly TimeSpan DeclarationTime = TimeSpan.FromSeconds(1);

    private readonly RabbitMqOptions _options;
    private readonly ILogger _logger;

    /// <summary>Addresses of RabbitMQ: <see cref="RabbitMqAddress"/>.</summary>
    public static BrokerKind Kind { get; } = new(
        new AddressForms { Schemes = ["amqp", "amqps"], Descriptions = ["amqp://…", "amqps://…[?cacertfile=FILE]"] },
        (address, queue, loggers) => new RabbitMqBroker(RabbitMqOptions.Parse(address, queue), loggers));

    /// <summary>Does not connect yet.</summary>
    /// <exception cref="UsageException">A file of certificates cannot be used.</exception>
    public RabbitMqBroker(RabbitMqOptions options, ILoggerFactory loggers)
    {
        _options = options;
        _logger = loggers.CreateLogger<RabbitMqBroker>();
        if (options.Address.Current.Tls is { } tls)
        {
            tls.CheckFiles();
            if (!tls.Verify)
            {
                Log.NotVerified(_logger, DisplayAddress);
            }
        }
    }

    /// <inheritdoc/>
    public string DisplayAddress => _options.DisplayAddress;

    /// <inheritdoc/>
    public string System => "rabbitmq";

    /// <inheritdoc/>
    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        try
        {
            await PrepareQueuesAsync(cancellationToken);
        }
        catch (BrokerUnavailableException failure) when (BrokerErrors.HasNoLeader(failure))
        {
            // A part of the same attempt: a queue that another program is declaring at this moment has no leader yet.
            await Task.Delay(DeclarationTime, _options.Time, cancellationToken);
            await PrepareQueuesAsync(cancellationToken);
        }
    }

    /// <inheritdoc/>
    public IPublisher OpenPublisher(PublisherOptions options) =>
        new RabbitMqPublisher(_options, _options.Queue, options.Timeout, _logger);

    /// <inheritdoc/>
    public IReceiver OpenReceiver(ReceiverOptions options) => new RabbitMqReceiver(_options, options, _logger);

    /// <inheritdoc/>
    public async Task<QueueLengths> CountAsync(CancellationToken cancellationToken)
    {
        await using var link = await BrokerLink.OpenAsync(_options, "status", cancellationToken);
        var (messages, consumers) = await QueueTopology.CountAsync(link, _options.Queue, cancellationToken);
        var (deadLetters, _) = await QueueTopology.CountAsync(link, _options.DeadLetterQueue, cancellationToken);
        return new QueueLengths(messages, deadLetters) { Consumers = consumers };
    }

    /// <inheritdoc/>
    public async Task ReadDeadLettersAsync(Action<DeadLetter> read, CancellationToken cancellationToken)
    {
        await using var letters = await DeadLetterReader.OpenAsync(_options, cancellationToken);
        while (await letters.NextAsync(cancellationToken) is { } letter)
        {
            read(letter.Letter);
        }
    }

    /// <inheritdoc/>
    public async Task<int> ReplayDeadLettersAsync(Func<DeadLetter, bool> chosen, CancellationToken cancellationToken)
    {
        await using var letters = await DeadLetterReader.OpenAsync(_options, cancellationToken);
        await using var publisher = OpenPublisher(new PublisherOptions());
        var replayed = 0;
        while (await letters.NextAsync(cancellationToken) is { } letter)
        {
            if (!chosen(letter.Letter))
            {
                continue;
            }

            var message = new OutgoingMessage(letter.Letter.Body, letter.Letter.ContentType ?? ContentTypes.Protobuf)
            {
                TraceParent = letter.Letter.TraceParent,
            };
            await publisher.PublishAsync(message).WaitAsync(cancellationToken);
            await letters.RemoveAsync(letter, cancellationToken);
            replayed++;
        }

        return replayed;
    }

    /// <inheritdoc/>
    public async Task<int> PurgeDeadLettersAsync(Func<DeadLetter, bool> chosen, int? atMost, CancellationToken cancellationToken)
    {
        await using var letters = await DeadLetterReader.OpenAsync(_options, cancellationToken);
        var removed = 0;
        while (removed != atMost && await letters.NextAsync(cancellationToken) is { } letter)
        {
            if (chosen(letter.Letter))
            {
                await letters.RemoveAsync(letter, cancellationToken);
                removed++;
            }
        }

        return removed;
    }

    /// <summary>Does nothing: whoever opens a publisher or a receiver disposes it.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task PrepareQueuesAsync(CancellationToken cancellationToken)
    {
        await using var link = await BrokerLink.OpenAsync(_options, "set-up", cancellationToken);
        await QueueTopology.PrepareAsync(link, _options, cancellationToken);
    }
}
