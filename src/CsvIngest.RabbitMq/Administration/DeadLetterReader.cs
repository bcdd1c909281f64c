using CsvIngest.Messages;
using RabbitMQ.Client;

namespace CsvIngest.RabbitMq;

/// <summary>
/// One pass over the letters that are in the dead-letter queue at its start. They are taken without ack, so that those which are not removed
/// return to the queue, in their order, when the pass ends. Two passes at the same time do not see each other's letters.
/// </summary>
internal sealed class DeadLetterReader : IAsyncDisposable
{
    private readonly RabbitMqOptions _options;
    private readonly BrokerLink _link;
    private IChannel _channel = null!;
    private long? _left;

    private DeadLetterReader(RabbitMqOptions options, BrokerLink link)
    {
        _options = options;
        _link = link;
    }

    /// <exception cref="DeniedException">The broker denies access.</exception>
    /// <exception cref="BrokerUnavailableException">The broker is unavailable now.</exception>
    public static async Task<DeadLetterReader> OpenAsync(RabbitMqOptions options, CancellationToken cancellationToken)
    {
        var link = await BrokerLink.OpenAsync(options, "dead letters", cancellationToken);
        var reader = new DeadLetterReader(options, link);
        try
        {
            await QueueTopology.PrepareAsync(link, options, cancellationToken);
            reader._channel = await link.OpenChannelAsync(
                new CreateChannelOptions(publisherConfirmationsEnabled: false, publisherConfirmationTrackingEnabled: false),
                cancellationToken);
            return reader;
        }
        catch
        {
            await link.DisposeAsync();
            throw;
        }
    }

    /// <summary>The next letter; null at the end of the pass.</summary>
    public async Task<TakenLetter?> NextAsync(CancellationToken cancellationToken)
    {
        if (_left == 0)
        {
            return null;
        }

        var got = await _link.RequestAsync(
            () => _channel.BasicGetAsync(_options.DeadLetterQueue, autoAck: false, CancellationToken.None), cancellationToken);
        // The count that came with the first letter: a queue that is asked for its length may answer with an older one.
        _left = got is null ? 0 : (_left ?? got.MessageCount + 1) - 1;
        return got is null ? null : new TakenLetter(got.DeliveryTag, Letter(got));
    }

    /// <summary>Removes a letter for good.</summary>
    public Task RemoveAsync(TakenLetter letter, CancellationToken cancellationToken) => _link.RequestAsync(
        async () =>
        {
            await _channel.BasicAckAsync(letter.Tag, multiple: false, CancellationToken.None);
            return true;
        },
        cancellationToken);

    /// <summary>Returns to the queue what was not removed. Does not throw.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            // Closing would do the same, but some time later, and the next pass should find all letters.
            await _link.RequestAsync(
                async () =>
                {
                    await _channel.BasicNackAsync(0, multiple: true, requeue: true, CancellationToken.None);
                    await _channel.CloseAsync(CancellationToken.None);
                    return true;
                },
                CancellationToken.None);
        }
        catch (Exception error) when (error is BrokerUnavailableException or DeniedException)
        {
            // The broker returns them by itself when it detects that the connection is lost.
        }

        await _link.DisposeAsync();
    }

    private static DeadLetter Letter(BasicGetResult got)
    {
        var properties = got.BasicProperties;
        var headers = properties.Headers ?? new Dictionary<string, object?>();
        var death = (headers.TryGetValue("x-death", out var deaths) ? deaths as IList<object> : null)
            ?.OfType<IDictionary<string, object?>>().FirstOrDefault();
        var at = death is not null && death.TryGetValue("time", out var time) && time is AmqpTimestamp stamp
            ? stamp
            : properties.IsTimestampPresent() ? properties.Timestamp : (AmqpTimestamp?)null;
        return new DeadLetter(
            got.Body,
            properties.ContentType,
            Headers.Text(headers, DeadLetterHeaders.Reason) ?? BrokerReason(headers, death) ?? "unknown",
            Headers.Text(headers, DeadLetterHeaders.Detail) ?? "",
            at is { } known ? DateTimeOffset.FromUnixTimeSeconds(known.UnixTime) : null)
        {
            TraceParent = Headers.TraceParent(headers),
        };
    }

    // The latest death is the first of the list. A broker that no longer sends the list still sends the other header.
    private static string? BrokerReason(IDictionary<string, object?> headers, IDictionary<string, object?>? death)
    {
        var reason = (death is null ? null : Headers.Text(death, "reason")) ?? Headers.Text(headers, "x-first-death-reason");
        return reason == "delivery_limit" ? DeadLetterReasons.DeliveryLimit : reason;
    }
}

/// <summary>A dead letter and the delivery tag it was taken with.</summary>
internal sealed record TakenLetter(ulong Tag, DeadLetter Letter);
