using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using CsvIngest.Messages;
using CsvIngest.Resilience;
using Microsoft.Extensions.Logging;
using ResiliencePipeline = Polly.ResiliencePipeline;

namespace CsvIngest.RabbitMq;

/// <summary>
/// Keeps one <see cref="ReceiveSession"/> alive and replaces it when it ends. What happens to a delivery is in the session: how it arrives,
/// and how it is settled.
/// </summary>
internal sealed class RabbitMqReceiver : IReceiver
{
    /// <summary>How often to ask whether deliveries can be processed again. 1 s, a guess: short beside any outage.</summary>
    private static readonly TimeSpan HeldUpInterval = TimeSpan.FromSeconds(1);

    private readonly RabbitMqOptions _options;
    private readonly ReceiverOptions _receiverOptions;
    private readonly Outage _outage;
    private readonly ResiliencePipeline _retry;
    private readonly DeadLetterPublisher _deadLetters;
    private readonly CancellationTokenSource _stop = new();

    /// <summary>Holds no more than the prefetch: the broker ensures that.</summary>
    private readonly Channel<RabbitMqDelivery> _buffer = Channel.CreateUnbounded<RabbitMqDelivery>();

    private readonly Task _running;
    private volatile ReceiveSession? _session;

    /// <summary>Starts connecting.</summary>
    public RabbitMqReceiver(RabbitMqOptions options, ReceiverOptions receiverOptions, ILogger logger)
    {
        _options = options;
        _receiverOptions = receiverOptions;
        _outage = Log.OutageOf("Receiver", options, logger);
        _retry = Retry.Unlimited(
            failure => failure is BrokerUnavailableException, failure => _outage.Fail(failure), options.Time);
        _deadLetters = new DeadLetterPublisher(options, logger);
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
            // The deliveries of a lost session are delivered again. (The first ones may be here before their session is known to receive.)
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
            await group.Key.SettleAsync([.. group], outcome, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async Task<bool> IsQueueEmptyAsync(CancellationToken cancellationToken) =>
        await CountReadyAsync(cancellationToken) == 0;

    /// <summary>How many messages could be delivered now; null while the queue or the broker is unavailable.</summary>
    internal async Task<long?> CountReadyAsync(CancellationToken cancellationToken) =>
        _session is { } session ? await session.CountReadyAsync(cancellationToken) : null;

    /// <summary>Returns what was not settled to the queue, and closes.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        await _deadLetters.DisposeAsync();
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                // One execution ends with the loss of a session that has lasted; then the delays start again from the first.
                await _retry.ExecuteAsync(ReceiveUntilLostAsync, _stop.Token);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            _buffer.Writer.TryComplete();
        }
        catch (Exception error)
        {
            // Access is denied, or there is a fault here: whoever waits for a delivery must know.
            _buffer.Writer.TryComplete(error);
        }
    }

    private async ValueTask ReceiveUntilLostAsync(CancellationToken stop)
    {
        while (_receiverOptions.IsHeldUp())
        {
            await Task.Delay(HeldUpInterval, _options.Time, stop);
        }

        var started = _options.Time.GetTimestamp();
        ReceiveSession? session = null;
        try
        {
            session = await ReceiveSession.OpenAsync(_options, _receiverOptions.Prefetch, _buffer.Writer, _deadLetters, stop);
            _session = session;
            _outage.Succeed();
            LinkEnd? end;
            while ((end = await session.UntilLostAsync(stop)) is null)
            {
                _session = session = await session.RenewAsync(stop);
            }

            if (_options.Time.GetElapsedTime(started) < BrokerLink.StableAfter)
            {
                throw new BrokerUnavailableException(end.Reason);
            }

            _outage.Fail(end.Reason);
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
}
