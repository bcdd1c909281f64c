using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using CsvIngest.Messages;
using Microsoft.Extensions.Logging;

namespace CsvIngest.RabbitMq;

/// <summary>Keeps one <see cref="ReceiveSession"/> alive and replaces it when it ends.</summary>
internal sealed class RabbitMqReceiver : IReceiver
{
    /// <summary>
    /// How long a dead letter may take before its delivery is handed back. As long as a publisher waits by default; unlike that
    /// one it does not wait for a blocked broker, which may need us to empty the queue.
    /// </summary>
    private static readonly TimeSpan DeadLetterTimeout = new PublisherOptions().Timeout;

    /// <summary>As for the publisher: a connection that lived this long was a good one.</summary>
    private static readonly TimeSpan StableAfter = TimeSpan.FromSeconds(10);

    private readonly RabbitMqOptions _options;
    private readonly ReceiverOptions _receiverOptions;
    private readonly ILogger _logger;
    private readonly LinkOutage _outage;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _deadLettering = new(1);

    /// <summary>Holds no more than the prefetch: the broker sees to that.</summary>
    private readonly Channel<RabbitMqDelivery> _buffer = Channel.CreateUnbounded<RabbitMqDelivery>();

    private readonly Task _running;
    private volatile ReceiveSession? _session;
    private RabbitMqPublisher? _deadLetters;

    /// <summary>Starts connecting.</summary>
    public RabbitMqReceiver(RabbitMqOptions options, ReceiverOptions receiverOptions, ILogger logger)
    {
        _options = options;
        _receiverOptions = receiverOptions;
        _logger = logger;
        _outage = new LinkOutage(logger, "receiver", options);
        _running = Task.Run(RunAsync);
    }

    /// <inheritdoc/>
    public bool IsReceiving => _session?.IsReceiving ?? false;

    /// <inheritdoc/>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        // Throws what the buffer was completed with.
        var more = await _buffer.Reader.WaitToReadAsync(cancellationToken);
        ObjectDisposedException.ThrowIf(!more, this);
    }

    /// <inheritdoc/>
    public bool TryReceive([NotNullWhen(true)] out Delivery? delivery)
    {
        while (_buffer.Reader.TryRead(out var next))
        {
            // Those of a lost session come again. (The first ones may be here before their session is known to be receiving.)
            if (next.Session.IsAlive)
            {
                delivery = next;
                return true;
            }
        }

        delivery = null;
        return false;
    }

    /// <inheritdoc/>
    public async Task SettleAsync(IReadOnlyList<Delivery> deliveries, Outcome outcome, CancellationToken cancellationToken)
    {
        foreach (var group in deliveries.Cast<RabbitMqDelivery>().GroupBy(delivery => delivery.Session))
        {
            if (!group.Key.IsAlive)
            {
                continue;
            }

            await (outcome switch
            {
                Outcome.Acked => group.Key.AckAsync(group.Select(delivery => delivery.Tag)),
                Outcome.Requeued => group.Key.RequeueAsync(group.Select(delivery => delivery.Tag)),
                Outcome.DeadLettered why => DeadLetterAsync(group.Key, [.. group], why, cancellationToken),
                _ => throw new ArgumentOutOfRangeException(nameof(outcome)),
            });
        }
    }

    /// <inheritdoc/>
    public async Task<bool> IsQueueEmptyAsync(CancellationToken cancellationToken) =>
        await CountReadyAsync(cancellationToken) == 0;

    /// <summary>How many messages could be delivered now; null while the queue or the broker is away.</summary>
    internal async Task<long?> CountReadyAsync(CancellationToken cancellationToken) =>
        _session is { } session ? await session.CountReadyAsync(cancellationToken) : null;

    /// <summary>Hands back what was not settled, and closes.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        if (_deadLetters is not null)
        {
            await _deadLetters.DisposeAsync();
        }

        _stop.Dispose();
        _deadLettering.Dispose();
    }

    private async Task RunAsync()
    {
        var backoff = new Backoff();
        try
        {
            while (true)
            {
                var started = TimeProvider.System.GetTimestamp();
                _outage.Down(await ReceiveUntilLostAsync());
                if (TimeProvider.System.GetElapsedTime(started) > StableAfter)
                {
                    backoff.Reset();
                }

                await Task.Delay(backoff.Next(), _stop.Token);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            _buffer.Writer.TryComplete();
        }
        catch (Exception error)
        {
            // Refused, or a fault here: whoever waits must hear of it.
            _buffer.Writer.TryComplete(error);
        }
    }

    /// <returns>Why deliveries no longer arrive, or never did.</returns>
    private async Task<string> ReceiveUntilLostAsync()
    {
        ReceiveSession? session = null;
        try
        {
            session = await ReceiveSession.OpenAsync(_options, _receiverOptions.Prefetch, _buffer.Writer, _stop.Token);
            _session = session;
            _outage.Up();
            while (true)
            {
                if (await session.UntilLostAsync(_stop.Token) is { } end)
                {
                    return end.Why;
                }

                _session = session = await session.RenewAsync(_stop.Token);
            }
        }
        catch (BrokerUnavailableException error)
        {
            return error.Message;
        }
        finally
        {
            _session = null;
            if (session is not null)
            {
                await session.DisposeAsync();
            }

            while (_buffer.Reader.TryRead(out _))
            {
                // Deliveries of the lost session.
            }
        }
    }

    private async Task DeadLetterAsync(
        ReceiveSession session, List<RabbitMqDelivery> deliveries, Outcome.DeadLettered why, CancellationToken cancellationToken)
    {
        await _deadLettering.WaitAsync(cancellationToken);
        try
        {
            _deadLetters ??= new RabbitMqPublisher(_options, _options.DeadLetterQueue, DeadLetterTimeout, _logger);
            var publishes = deliveries.ConvertAll(delivery => _deadLetters.PublishAsync(Letter(delivery), why));
            try
            {
                await Task.WhenAll(publishes).WaitAsync(DeadLetterTimeout, cancellationToken);
            }
            catch (Exception error) when (!cancellationToken.IsCancellationRequested)
            {
                Log.NotDeadLettered(_logger, why.Reason, error);
                // What is still on its way there must not arrive after the delivery was handed back.
                await _deadLetters.DisposeAsync();
                _deadLetters = null;
            }

            var confirmed = deliveries.Where((_, i) => publishes[i].IsCompletedSuccessfully).ToList();
            await session.AckAsync(confirmed.Select(delivery => delivery.Tag));
            await session.RequeueAsync(deliveries.Except(confirmed).Select(delivery => delivery.Tag));
        }
        finally
        {
            _deadLettering.Release();
        }
    }

    private static OutgoingMessage Letter(RabbitMqDelivery delivery) =>
        new(delivery.Body, delivery.ContentType ?? ContentTypes.Protobuf);
}
