using System.Threading.Channels;
using RabbitMQ.Client;

namespace CsvIngest.RabbitMq;

/// <summary>
/// A connection, a channel and a consumer, which live and die together. When any of them is lost the whole session is replaced,
/// and with it every delivery tag.
/// </summary>
internal sealed class ReceiveSession : IAsyncDisposable
{
    private readonly RabbitMqOptions _options;
    private readonly ushort _prefetch;
    private readonly BrokerLink _link;
    private readonly ChannelWriter<RabbitMqDelivery> _buffer;
    private readonly UnsettledTags _unsettled = new();
    private readonly SemaphoreSlim _settling = new(1);
    private IChannel _channel = null!;
    private volatile bool _consuming;
    private volatile bool _retired;
    private long _delivered;
    private long? _deliveredWhenSuspect;
    private long? _deliveredWhenIdle;

    private ReceiveSession(RabbitMqOptions options, ushort prefetch, BrokerLink link, ChannelWriter<RabbitMqDelivery> buffer)
    {
        _options = options;
        _prefetch = prefetch;
        _link = link;
        _buffer = buffer;
    }

    /// <summary>Whether the broker still understands our delivery tags.</summary>
    public bool IsAlive => !_retired && _link.IsOpen;

    /// <summary>Whether the broker knows us as a consumer.</summary>
    public bool IsReceiving => _consuming && IsAlive;

    /// <summary>Connects, makes sure of the queues, and starts consuming.</summary>
    /// <param name="buffer">Where deliveries go.</param>
    /// <exception cref="DeniedException">The broker refuses us.</exception>
    /// <exception cref="BrokerUnavailableException">The broker cannot be reached now.</exception>
    public static async Task<ReceiveSession> OpenAsync(
        RabbitMqOptions options, ushort prefetch, ChannelWriter<RabbitMqDelivery> buffer, CancellationToken cancellationToken)
    {
        var link = await BrokerLink.OpenAsync(options, "receiver", cancellationToken);
        var session = new ReceiveSession(options, prefetch, link, buffer);
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
    /// Completes when deliveries no longer arrive here, with the reason: because the connection, the channel or the consumer was
    /// lost, or because the queue holds messages, or does not answer, and nothing has come of it for two looks in a row.
    /// Completes with null when the session should be renewed: it has had no work for two looks in a row, and the broker is one
    /// that would not tell if the queue had been deleted and declared again meanwhile (decision 0005).
    /// </summary>
    public async Task<LinkEnd?> UntilLostAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await _link.Ended.WaitAsync(_options.WatchInterval, cancellationToken);
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
    /// Makes sure of the queues and consumes on a fresh channel of the same connection. This session is over then, and what was
    /// delivered to it comes again; dispose the new one instead.
    /// </summary>
    /// <exception cref="DeniedException">The broker refuses us.</exception>
    /// <exception cref="BrokerUnavailableException">The connection was lost.</exception>
    public async Task<ReceiveSession> RenewAsync(CancellationToken cancellationToken)
    {
        await QueueTopology.PrepareAsync(_link, _options, cancellationToken);
        var next = new ReceiveSession(_options, _prefetch, _link, _buffer);
        await next.ConsumeAsync(cancellationToken);
        _retired = true;
        await _link.CloseChannelAsync(_channel, cancellationToken);
        return next;
    }

    /// <summary>Acknowledges these. A lost connection is no error: the broker has taken them back.</summary>
    public Task AckAsync(IEnumerable<ulong> tags) =>
        SettleAsync(tags, (tag, multiple) => _channel.BasicAckAsync(tag, multiple, CancellationToken.None));

    /// <summary>Hands these back, unharmed: with nack, which from RabbitMQ 4.3 on does not count as a failed attempt.</summary>
    public Task RequeueAsync(IEnumerable<ulong> tags) =>
        SettleAsync(tags, (tag, multiple) => _channel.BasicNackAsync(tag, multiple, requeue: true, CancellationToken.None));

    /// <summary>How many messages could be delivered now; null when the queue or the broker is away.</summary>
    public async Task<long?> CountReadyAsync(CancellationToken cancellationToken)
    {
        try
        {
            var queue = await _link.RequestAsync(
                channel => channel.QueueDeclarePassiveAsync(_options.Queue, CancellationToken.None), cancellationToken);
            // A quorum queue without a leader answers 0 and 0 instead of an error; with one, we are among its consumers.
            return queue.ConsumerCount > 0 ? queue.MessageCount : null;
        }
        catch (Exception error) when (error is BrokerUnavailableException or DeniedException)
        {
            return null;
        }
    }

    /// <summary>Hands everything back and closes, within <see cref="RabbitMqOptions.CloseTimeout"/> each. Does not throw.</summary>
    public async ValueTask DisposeAsync()
    {
        if (IsReceiving)
        {
            // Tag 0 stands for all of them.
            await SendAsync(() => _channel.BasicNackAsync(0, multiple: true, requeue: true, CancellationToken.None));
        }

        // The semaphore is not disposed: somebody may just be settling here, in vain.
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

    // One look. Ends the link when messages that could be delivered are not, for the second time.
    private async Task<bool> IsIdleAsync(CancellationToken cancellationToken)
    {
        var (suspectBefore, idleBefore) = (_deliveredWhenSuspect, _deliveredWhenIdle);
        var delivered = Interlocked.Read(ref _delivered);
        var held = _unsettled.Count;
        // Nothing can come while our hands are full, and all is well while something does.
        var ready = held < _prefetch ? await CountReadyAsync(cancellationToken) : 0;
        _deliveredWhenSuspect = ready != 0 ? delivered : null;
        _deliveredWhenIdle = ready == 0 && held == 0 ? delivered : null;
        if (Interlocked.Read(ref _delivered) != delivered)
        {
            return false;
        }

        if (ready != 0 && suspectBefore == delivered)
        {
            _link.End("the queue holds messages or does not answer, and nothing is delivered");
        }

        return _deliveredWhenIdle is not null && idleBefore == delivered;
    }

    private async Task SettleAsync(IEnumerable<ulong> tags, Func<ulong, bool, ValueTask> settle)
    {
        // One after the other: what "up to" covers is decided here and must be sent before the next decision.
        await _settling.WaitAsync();
        try
        {
            if (!IsAlive)
            {
                return;
            }

            var (upTo, singly) = _unsettled.Take(tags);
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

    // Nothing answers a settlement, so all that can be seen is that it does not leave: then the connection is no good.
    private async Task SendAsync(Func<ValueTask> send)
    {
        try
        {
            await send().AsTask().WaitAsync(_options.RequestTimeout);
        }
        catch (Exception error)
        {
            _link.End(error is TimeoutException ? "a settlement was not sent in time" : error.Message);
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
            // The client reuses the body's memory when this returns.
            session._buffer.TryWrite(new RabbitMqDelivery(session, deliveryTag, properties, body.ToArray()));
            return Task.CompletedTask;
        }

        // The queue was deleted, or an acknowledgement took too long, by version. The channel may stay open, but deaf.
        public override Task HandleBasicCancelAsync(string consumerTag, CancellationToken cancellationToken = default)
        {
            session._link.End("the broker cancelled the consumer");
            return base.HandleBasicCancelAsync(consumerTag, cancellationToken);
        }
    }
}
