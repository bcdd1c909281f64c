using System.Threading.Channels;
using CsvIngest.Messages;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client.Exceptions;

namespace CsvIngest.RabbitMq;

/// <summary>
/// Publishes with confirms, and again on a fresh connection what was not confirmed, in order.
/// <para>
/// Everything that happens (a call, a confirm, a lost connection, the clock) is an entry in one queue that one loop works off, so
/// the state below needs no locks, and nothing the client library does can hold up the deadlines.
/// </para>
/// </summary>
internal sealed partial class RabbitMqPublisher : IPublisher
{
    /// <summary>How exactly deadlines and pauses are kept. A guess: nobody sees a tenth of a second.</summary>
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);

    /// <summary>A connection that lived this long was a good one, so the next delay is a short one. A guess.</summary>
    private static readonly TimeSpan StableAfter = TimeSpan.FromSeconds(10);

    private readonly RabbitMqOptions _options;
    private readonly string _routingKey;
    private readonly TimeSpan _timeout;
    private readonly ILogger _logger;
    private readonly TimeProvider _time = TimeProvider.System;
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<Action> _mailbox =
        Channel.CreateUnbounded<Action>(new UnboundedChannelOptions { SingleReader = true });

    private readonly Task _running;
    private long _lastSequence;
    private volatile BrokerCondition _condition = BrokerCondition.Connecting;

    // From here on: only the loop.
    private readonly PriorityQueue<PendingPublish, long> _waiting = new();
    private readonly HashSet<PendingPublish> _inFlight = [];
    private readonly Backoff _reconnect = new();
    private readonly LinkOutage _outage;
    private readonly FullQueue _full;
    private PublishSession? _session;
    private Task _connecting = Task.CompletedTask;
    private Task _closing = Task.CompletedTask;
    private Exception? _denied;
    private bool _blocked;
    private bool _preparing;
    private long _progressAt;
    private long _heardAt;

    /// <summary>Starts connecting.</summary>
    /// <param name="routingKey">The queue to publish to.</param>
    public RabbitMqPublisher(RabbitMqOptions options, string routingKey, TimeSpan timeout, ILogger logger)
    {
        _options = options;
        _routingKey = routingKey;
        _timeout = timeout;
        _logger = logger;
        _outage = new LinkOutage(logger, "publisher", options);
        _full = new FullQueue(logger, routingKey);
        _progressAt = _heardAt = _time.GetTimestamp();
        _running = Task.Run(RunAsync);
    }

    /// <inheritdoc/>
    public BrokerCondition Condition => _condition;

    private int Outstanding => _waiting.Count + _inFlight.Count;

    /// <inheritdoc/>
    public Task PublishAsync(OutgoingMessage message) => PublishAsync(message, deadLetter: null);

    /// <summary>As <see cref="PublishAsync(OutgoingMessage)"/>, with the headers of a dead letter.</summary>
    public Task PublishAsync(OutgoingMessage message, Outcome.DeadLettered? deadLetter)
    {
        var publish = new PendingPublish(Interlocked.Increment(ref _lastSequence), message, deadLetter);
        ObjectDisposedException.ThrowIf(!_mailbox.Writer.TryWrite(() => OnCalled(publish)), this);
        return publish.Task;
    }

    /// <summary>Closes within <see cref="RabbitMqOptions.CloseTimeout"/>. What is outstanding is cancelled; its fate is unknown.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_mailbox.Writer.TryComplete())
        {
            await _stop.CancelAsync();
        }

        await _running;
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        var ticking = TickAsync();
        try
        {
            Connect(TimeSpan.Zero);
            while (await _mailbox.Reader.WaitToReadAsync(_stop.Token))
            {
                while (_mailbox.Reader.TryRead(out var happening))
                {
                    happening();
                }

                Publish();
                _condition = CurrentCondition();
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Disposed.
        }
        catch (Exception bug)
        {
            // Nobody may wait for ever because of a fault here.
            FailAll(bug);
            _mailbox.Writer.TryComplete();
            throw;
        }
        finally
        {
            await CloseAsync();
            await ticking;
        }
    }

    private async Task CloseAsync()
    {
        while (_mailbox.Reader.TryRead(out var happening))
        {
            happening();
        }

        await _stop.CancelAsync();
        await _connecting;
        await Task.WhenAll(_session?.DisposeAsync().AsTask() ?? Task.CompletedTask, _closing);
        foreach (var publish in Drain())
        {
            publish.Cancel();
        }
    }

    private async Task TickAsync()
    {
        using var timer = new PeriodicTimer(Tick);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                _mailbox.Writer.TryWrite(OnTick);
            }
        }
        catch (OperationCanceledException)
        {
            // Disposed.
        }
    }

    private void OnCalled(PendingPublish publish)
    {
        if (_denied is not null)
        {
            publish.Fail(_denied);
            return;
        }

        if (Outstanding == 0)
        {
            _progressAt = _time.GetTimestamp();
        }

        _waiting.Enqueue(publish, publish.Sequence);
    }

    private void Publish()
    {
        while (_session is not null && !_preparing && _full.Admits(_inFlight.Count) && _waiting.TryDequeue(out var publish, out _))
        {
            if (publish.Task.IsCompleted)
            {
                continue;
            }

            if (_inFlight.Count == 0)
            {
                _heardAt = _time.GetTimestamp();
            }

            _inFlight.Add(publish);
            _ = AttemptAsync(_session, publish);
        }
    }

    // Starts in the loop, so that messages leave in order, and ends anywhere. Awaited by nobody: it may hang with the
    // connection, and then the deadlines take over. Does not throw.
    private async Task AttemptAsync(PublishSession session, PendingPublish publish)
    {
        try
        {
            await session.PublishAsync(publish);
            _mailbox.Writer.TryWrite(() => OnConfirmed(publish));
        }
        catch (PublishException turnedAway)
        {
            _mailbox.Writer.TryWrite(() => OnTurnedAway(session, publish, turnedAway.IsReturn));
        }
        catch (Exception error)
        {
            _mailbox.Writer.TryWrite(() => OnLost(session, new LinkEnd(error.Message, Refused: false)));
        }
    }

    private void OnConfirmed(PendingPublish publish)
    {
        // A confirm is as good as any when the connection it came on is gone: the publish may be waiting for the next one.
        publish.Confirm();
        _inFlight.Remove(publish);
        _progressAt = _heardAt = _time.GetTimestamp();
        _reconnect.Reset();
        _full.Confirmed(Outstanding == 0);
    }

    private void OnTurnedAway(PublishSession session, PendingPublish publish, bool returned)
    {
        if (!_inFlight.Remove(publish))
        {
            return;
        }

        _heardAt = _time.GetTimestamp();
        _waiting.Enqueue(publish, publish.Sequence);
        if (!returned)
        {
            _full.TurnedAway();
        }
        else if (session == _session && !_preparing)
        {
            Log.Returned(_logger, _routingKey);
            _preparing = true;
            _ = PrepareAgainAsync(session, _reconnect.Next());
        }
    }

    private void OnTick()
    {
        if (Outstanding == 0 || _blocked || _full.IsFull)
        {
            _progressAt = _time.GetTimestamp();
        }
        else if (_time.GetElapsedTime(_progressAt) > _timeout)
        {
            GiveUp();
            return;
        }

        if (_session is not null && _inFlight.Count > 0 && !_blocked && _time.GetElapsedTime(_heardAt) > _options.StallTimeout)
        {
            OnLost(_session, new LinkEnd($"nothing was confirmed for {_options.StallTimeout.TotalSeconds:0.#} s", Refused: false));
        }
    }

    private void GiveUp()
    {
        var why = _outage.Why is { } reason && _session is null ? $" ({reason})" : "";
        var hangs = _inFlight.Count > 0;
        FailAll(new BrokerUnavailableException(
            $"Broker {_options.DisplayAddress} confirmed nothing for {_timeout.TotalSeconds:0.#} s{why}."));
        if (hangs)
        {
            OnLost(_session, new LinkEnd("nothing was confirmed", Refused: false));
        }
    }

    private void FailAll(Exception error)
    {
        foreach (var publish in Drain())
        {
            publish.Fail(error);
        }
    }

    private List<PendingPublish> Drain()
    {
        List<PendingPublish> all = [.. _inFlight, .. _waiting.UnorderedItems.Select(item => item.Element)];
        _inFlight.Clear();
        _waiting.Clear();
        return all;
    }

    private BrokerCondition CurrentCondition() => this switch
    {
        { _session: null } => BrokerCondition.Connecting,
        { _blocked: true } => BrokerCondition.Blocked,
        { _full.IsFull: true } => BrokerCondition.QueueFull,
        _ => BrokerCondition.Flowing,
    };
}
