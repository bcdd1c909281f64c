using System.Threading.Channels;
using CsvIngest.Messages;
using RabbitMQ.Client;

namespace CsvIngest.RabbitMq;

/// <summary>
/// A connection, a channel and a consumer. When any of them is lost the whole session is replaced, and with it every delivery tag: a
/// delivery is settled on the session on which it has arrived, or not at all.
/// </summary>
internal sealed class ReceiveSession : IAsyncDisposable
{
    private readonly RabbitMqOptions _options;
    private readonly ushort _prefetch;
    private readonly BrokerLink _link;
    private readonly ChannelWriter<RabbitMqDelivery> _buffer;
    private readonly DeadLetterPublisher _deadLetters;
    private readonly UnsettledTags _unsettled = new();
    private readonly SemaphoreSlim _settling = new(1);
    private IChannel _channel = null!;
    private volatile bool _consuming;
    private volatile bool _retired;
    private long _delivered;
    private long? _deliveredWhenSuspect;
    private long? _deliveredWhenIdle;

    private ReceiveSession(
        RabbitMqOptions options, ushort prefetch, BrokerLink link, ChannelWriter<RabbitMqDelivery> buffer, DeadLetterPublisher deadLetters) =>
        (_options, _prefetch, _link, _buffer, _deadLetters) = (options, prefetch, link, buffer, deadLetters);

    /// <summary>Whether the delivery tags of this session are still valid.</summary>
    public bool IsAlive => !_retired && _link.IsOpen;

    /// <summary>Whether there is a consumer at the broker.</summary>
    public bool IsReceiving => _consuming && IsAlive;

    /// <summary>Connects, declares the queues where they are missing, and starts consuming.</summary>
    /// <param name="buffer">Where deliveries go.</param>
    /// <exception cref="DeniedException">The broker denies access.</exception>
    /// <exception cref="BrokerUnavailableException">The broker is unavailable now.</exception>
    public static async Task<ReceiveSession> OpenAsync(
        RabbitMqOptions options,
        ushort prefetch,
        ChannelWriter<RabbitMqDelivery> buffer,
        DeadLetterPublisher deadLetters,
        CancellationToken cancellationToken)
    {
        var link = await BrokerLink.OpenAsync(options, "receiver", cancellationToken);
        var session = new ReceiveSession(options, prefetch, link, buffer, deadLetters);
        try
        {
            await QueueTopology.PrepareAsync(link, options, cancellationToken);
            await session.ConsumeAsync(cancellationToken);
            return session;
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Completes when deliveries no longer arrive here, with the reason: the connection, the channel or the consumer was lost, or in two
    /// checks in a row the queue held messages, or did not answer, and nothing was delivered.
    /// Completes with null when the session should be renewed: it had no work in two checks in a row, and the broker is one that does not
    /// report that the queue was deleted and declared again meanwhile (docs/decisions/0005).
    /// </summary>
    public async Task<LinkEnd?> UntilLostAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await _link.Ended.WaitAsync(_options.WatchInterval, _options.Time, cancellationToken);
            }
            catch (TimeoutException)
            {
                if (await IsIdleAsync(cancellationToken) && _link.BrokerReattachesConsumers)
                {
                    return null;
                }
            }
        }
    }

    /// <summary>
    /// Declares the queues where they are missing and consumes on a new channel of the same connection. This session has ended then, and what
    /// was delivered to it is delivered again; dispose the new one instead.
    /// </summary>
    /// <exception cref="DeniedException">The broker denies access.</exception>
    /// <exception cref="BrokerUnavailableException">The connection was lost.</exception>
    public async Task<ReceiveSession> RenewAsync(CancellationToken cancellationToken)
    {
        await QueueTopology.PrepareAsync(_link, _options, cancellationToken);
        var next = new ReceiveSession(_options, _prefetch, _link, _buffer, _deadLetters);
        await next.ConsumeAsync(cancellationToken);
        _retired = true;
        await _link.CloseChannelAsync(_channel, cancellationToken);
        return next;
    }

    /// <summary>
    /// Settles deliveries of this session, each once. After the session has ended this does nothing: the broker has taken them back.
    /// </summary>
    public async Task SettleAsync(
        IReadOnlyList<RabbitMqDelivery> deliveries, Outcome outcome, CancellationToken cancellationToken)
    {
        switch (outcome)
        {
            case Outcome.Acked:
                await AckAsync(deliveries);
                break;
            case Outcome.Requeued:
                await RequeueAsync(deliveries);
                break;
            case Outcome.DeadLettered deadLetter when IsAlive:
                // First the confirm of the dead-letter queue, then the ack.
                var confirmed = await _deadLetters.PublishAsync(deliveries, deadLetter, cancellationToken);
                await AckAsync(confirmed);
                await RequeueAsync(deliveries.Except(confirmed));
                break;
        }
    }

    /// <summary>How many messages could be delivered now; null when the queue or the broker is unavailable.</summary>
    public async Task<long?> CountReadyAsync(CancellationToken cancellationToken)
    {
        try
        {
            var queue = await _link.RequestAsync(
                channel => channel.QueueDeclarePassiveAsync(_options.Queue, CancellationToken.None), cancellationToken);
            // A quorum queue without a leader answers 0 and 0 instead of an error; with a leader it counts the consumer of this session.
            return queue.ConsumerCount > 0 ? queue.MessageCount : null;
        }
        catch (Exception error) when (error is BrokerUnavailableException or DeniedException)
        {
            return null;
        }
    }

    /// <summary>
    /// Returns to the queue what is not settled, within <see cref="RabbitMqOptions.RequestTimeout"/>, and closes, within
    /// <see cref="RabbitMqOptions.CloseTimeout"/>. Does not throw.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (IsReceiving)
        {
            // Tag 0 stands for all of them.
            await SendAsync(() => _channel.BasicNackAsync(0, multiple: true, requeue: true, CancellationToken.None));
        }

        // The semaphore is not disposed: a lane may be about to settle a delivery of this session.
        await _link.DisposeAsync();
    }

    private async Task ConsumeAsync(CancellationToken cancellationToken)
    {
        _channel = await _link.OpenChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: false, publisherConfirmationTrackingEnabled: false),
            cancellationToken);
        await _link.RequestAsync(
            async () =>
            {
                await _channel.BasicQosAsync(prefetchSize: 0, _prefetch, global: false, CancellationToken.None);
                return await _channel.BasicConsumeAsync(
                    _options.Queue, autoAck: false, new Consumer(_channel, this), CancellationToken.None);
            },
            cancellationToken);
        _consuming = true;
    }

    // One check. Ends the link when messages that could be delivered are not, for the second time.
    private async Task<bool> IsIdleAsync(CancellationToken cancellationToken)
    {
        var (suspectBefore, idleBefore) = (_deliveredWhenSuspect, _deliveredWhenIdle);
        var delivered = Interlocked.Read(ref _delivered);
        var held = _unsettled.Count;
        // With the prefetch used up nothing can be delivered, and while something is delivered nothing is wrong.
        var ready = held < _prefetch ? await CountReadyAsync(cancellationToken) : 0;
        _deliveredWhenSuspect = ready != 0 ? delivered : null;
        _deliveredWhenIdle = ready == 0 && held == 0 ? delivered : null;
        if (Interlocked.Read(ref _delivered) != delivered)
        {
            return false;
        }

        if (ready != 0 && suspectBefore == delivered)
        {
            _link.End("the queue holds messages or does not answer, but nothing is delivered");
        }

        return _deliveredWhenIdle is not null && idleBefore == delivered;
    }

    private Task AckAsync(IEnumerable<RabbitMqDelivery> deliveries) =>
        SendAsync(deliveries, (tag, multiple) => _channel.BasicAckAsync(tag, multiple, CancellationToken.None));

    // With nack, which from RabbitMQ 4.3 on does not count as a failed attempt.
    private Task RequeueAsync(IEnumerable<RabbitMqDelivery> deliveries) =>
        SendAsync(deliveries, (tag, multiple) => _channel.BasicNackAsync(tag, multiple, requeue: true, CancellationToken.None));

    private async Task SendAsync(IEnumerable<RabbitMqDelivery> deliveries, Func<ulong, bool, ValueTask> settle)
    {
        // One call after the other: what "up to" covers is decided here and must be sent before the next decision.
        await _settling.WaitAsync();
        try
        {
            if (!IsAlive)
            {
                return;
            }

            var (upTo, singly) = _unsettled.Take(deliveries.Select(delivery => delivery.Tag));
            await SendAsync(async () =>
            {
                if (upTo > 0)
                {
                    await settle(upTo, true);
                }

                foreach (var tag in singly)
                {
                    await settle(tag, false);
                }
            });
        }
        finally
        {
            _settling.Release();
        }
    }

    // The broker does not answer a settlement. All that can be detected is that it is not sent: then the connection is unusable.
    private async Task SendAsync(Func<ValueTask> send)
    {
        try
        {
            await send().AsTask().WaitAsync(_options.RequestTimeout, _options.Time);
        }
        catch (Exception error)
        {
            _link.End(error is TimeoutException ? "an acknowledgement was not sent in time" : BrokerErrors.Reason(error));
        }
    }

    private sealed class Consumer(IChannel channel, ReceiveSession session) : AsyncDefaultBasicConsumer(channel)
    {
        public override Task HandleBasicDeliverAsync(
            string consumerTag,
            ulong deliveryTag,
            bool redelivered,
            string exchange,
            string routingKey,
            IReadOnlyBasicProperties properties,
            ReadOnlyMemory<byte> body,
            CancellationToken cancellationToken = default)
        {
            session._unsettled.Add(deliveryTag);
            Interlocked.Increment(ref session._delivered);
            // A copy: the client reuses the memory of the body when this returns.
            session._buffer.TryWrite(new RabbitMqDelivery(session, deliveryTag, properties, body.ToArray()));
            return Task.CompletedTask;
        }

        // The queue was deleted, or (in some versions) an acknowledgement took too long. The channel may stay open without a consumer.
        public override Task HandleBasicCancelAsync(string consumerTag, CancellationToken cancellationToken = default)
        {
            session._link.End("the broker cancelled the consumer");
            return base.HandleBasicCancelAsync(consumerTag, cancellationToken);
        }
    }
}
