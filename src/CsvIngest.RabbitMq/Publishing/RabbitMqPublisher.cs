using System.Threading.Channels;
using CsvIngest.Messages;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client.Exceptions;

namespace CsvIngest.RabbitMq;

/// <summary>
/// Publishes with confirms, and publishes again on a new connection, in order, what was not confirmed.
/// <para>
/// Everything that happens (a call, a confirm, a lost connection, a tick of the clock) is an event in one mailbox that one loop reads. So the
/// state below needs no locks, and nothing that the client library does can delay the deadlines.
/// </para>
/// </summary>
internal sealed class RabbitMqPublisher : IPublisher, IPublisherEvents
{
    /// <summary>How precisely deadlines and pauses are kept. A guess: nobody notices a tenth of a second.</summary>
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);

    private readonly RabbitMqOptions _options;
    private readonly string _routingKey;
    private readonly TimeSpan _timeout;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<Action> _mailbox =
        Channel.CreateUnbounded<Action>(new UnboundedChannelOptions { SingleReader = true });

    private readonly PublisherConnection _connection;
    private readonly Task _running;
    private long _lastSequence;
    private volatile BrokerCondition _condition = BrokerCondition.Connecting;

    // From here on: only the loop.
    private readonly UnconfirmedMessages _unconfirmed = new();
    private readonly FullQueue _full;
    private PublishSession? _session;
    private Exception? _failure;
    private bool _blocked;
    private long _progressAt;
    private long _confirmedAt;

    /// <summary>Starts connecting.</summary>
    /// <param name="routingKey">The queue to publish to.</param>
    public RabbitMqPublisher(RabbitMqOptions options, string routingKey, TimeSpan timeout, ILogger logger)
    {
        _options = options;
        _routingKey = routingKey;
        _timeout = timeout;
        _logger = logger;
        _time = options.Time;
        _full = new FullQueue(logger, routingKey, _time);
        _connection = new PublisherConnection(options, routingKey, this, logger);
        _progressAt = _confirmedAt = _time.GetTimestamp();
        _running = Task.Run(RunAsync);
    }

    /// <inheritdoc/>
    public BrokerCondition Condition => _condition;

    /// <inheritdoc/>
    public Task PublishAsync(OutgoingMessage message) => PublishAsync(message, deadLetter: null);

    /// <summary>As <see cref="PublishAsync(OutgoingMessage)"/>, with the headers of a dead letter.</summary>
    public Task PublishAsync(OutgoingMessage message, Outcome.DeadLettered? deadLetter)
    {
        var publish = new PendingPublish(Interlocked.Increment(ref _lastSequence), message, deadLetter);
        ObjectDisposedException.ThrowIf(!_mailbox.Writer.TryWrite(() => OnCalled(publish)), this);
        return publish.Task;
    }

    void IPublisherEvents.Connected(PublishSession session) => _mailbox.Writer.TryWrite(() => OnConnected(session));

    void IPublisherEvents.Disconnected(PublishSession session) => _mailbox.Writer.TryWrite(() => OnDisconnected(session));

    void IPublisherEvents.BlockedChanged(PublishSession session) => _mailbox.Writer.TryWrite(() => OnBlockedChanged(session));

    void IPublisherEvents.Failed(Exception failure) => _mailbox.Writer.TryWrite(() => OnFailed(failure));

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
        var connecting = _connection.RunAsync(_stop.Token);
        await using var ticking = _time.CreateTimer(_ => _mailbox.Writer.TryWrite(OnTick), state: null, Tick, Tick);
        try
        {
            while (await _mailbox.Reader.WaitToReadAsync(_stop.Token))
            {
                ReadMailbox();
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
            // What was called and not read yet is outstanding too.
            ReadMailbox();
            await _stop.CancelAsync();
            await connecting;
            _unconfirmed.Drain().ForEach(publish => publish.Cancel());
        }
    }

    private void ReadMailbox()
    {
        while (_mailbox.Reader.TryRead(out var handle))
        {
            handle();
        }
    }

    private void OnCalled(PendingPublish publish)
    {
        if (_failure is not null)
        {
            publish.Fail(_failure);
            return;
        }

        if (_unconfirmed.Count == 0)
        {
            _progressAt = _time.GetTimestamp();
        }

        _unconfirmed.Add(publish);
    }

    private void OnConnected(PublishSession session)
    {
        _session = session;
        _confirmedAt = _time.GetTimestamp();
        OnBlockedChanged(session);
    }

    private void OnDisconnected(PublishSession session)
    {
        if (session != _session)
        {
            return;
        }

        _session = null;
        _blocked = false;
        _full.Reset();
        if (_unconfirmed.ReturnAll() is > 0 and var count)
        {
            Log.Republishing(_logger, count);
        }
    }

    private void OnBlockedChanged(PublishSession session)
    {
        var reason = session.BlockedReason;
        if (session != _session || _blocked == reason is not null)
        {
            return;
        }

        _blocked = reason is not null;
        _confirmedAt = _progressAt = _time.GetTimestamp();
        if (reason is null)
        {
            Log.Unblocked(_logger);
        }
        else
        {
            Log.Blocked(_logger, reason);
        }
    }

    private void OnFailed(Exception failure)
    {
        _failure = failure;
        FailAll(failure);
    }

    private void Publish()
    {
        while (_session is not null && _full.Admits(_unconfirmed.InFlightCount) && _unconfirmed.TakeNext() is { } publish)
        {
            if (_unconfirmed.InFlightCount == 1)
            {
                _confirmedAt = _time.GetTimestamp();
            }

            _ = AttemptAsync(_session, publish);
        }
    }

    // Starts in the loop, so that messages leave in order, and ends anywhere. Nobody awaits it: it may hang with the connection, and then
    // the deadlines take over. Does not throw.
    private async Task AttemptAsync(PublishSession session, PendingPublish publish)
    {
        try
        {
            await session.PublishAsync(publish);
            _mailbox.Writer.TryWrite(() => OnConfirmed(publish));
        }
        catch (PublishException rejected) when (rejected.IsReturn)
        {
            // The next session declares it again.
            if (session.End($"queue \"{_routingKey}\" does not exist"))
            {
                Log.Returned(_logger, _routingKey);
            }
        }
        catch (PublishException)
        {
            // A full queue rejects messages, and so does one without a leader, of a new channel.
            if (await session.CheckLeaderAsync())
            {
                _mailbox.Writer.TryWrite(() => OnRejected(session, publish));
            }
        }
        catch (Exception error)
        {
            session.End(BrokerErrors.Reason(error));
        }
    }

    private void OnConfirmed(PendingPublish publish)
    {
        // A confirm of a session that has ended counts as well: the message may be waiting for the next one.
        publish.Confirm();
        _unconfirmed.Remove(publish);
        _progressAt = _confirmedAt = _time.GetTimestamp();
        _full.OnConfirmed(_unconfirmed.Count == 0);
    }

    private void OnRejected(PublishSession session, PendingPublish publish)
    {
        if (session == _session)
        {
            _unconfirmed.Return(publish);
            _confirmedAt = _time.GetTimestamp();
            _full.OnRejected();
        }
    }

    private void OnTick()
    {
        if (_unconfirmed.Count == 0 || _blocked || _full.IsFull)
        {
            _progressAt = _time.GetTimestamp();
        }
        else if (_time.GetElapsedTime(_progressAt) > _timeout)
        {
            GiveUp();
        }

        if (_session is { } session && _unconfirmed.InFlightCount > 0 && !_blocked)
        {
            OnUnconfirmed(session, _time.GetElapsedTime(_confirmedAt));
        }
    }

    private void OnUnconfirmed(PublishSession session, TimeSpan silence)
    {
        if (silence > _options.StallTimeout)
        {
            session.End($"nothing was confirmed for {_options.StallTimeout.TotalSeconds:0.#} s");
        }
        else if (silence > _options.LeaderTimeout)
        {
            // Nobody awaits it: it ends the session if need be, and does not throw.
            _ = session.CheckLeaderAsync();
        }
    }

    private void GiveUp()
    {
        var reason = _session is null && _connection.FailureReason is { } known ? $" ({known})" : "";
        if (_unconfirmed.InFlightCount > 0)
        {
            _session?.End("nothing was confirmed");
        }

        FailAll(new BrokerUnavailableException(
            $"Broker {_options.DisplayAddress} confirmed nothing for {_timeout.TotalSeconds:0.#} s{reason}."));
    }

    private void FailAll(Exception error) => _unconfirmed.Drain().ForEach(publish => publish.Fail(error));

    private BrokerCondition CurrentCondition() => this switch
    {
        { _session: null } => BrokerCondition.Connecting,
        { _blocked: true } => BrokerCondition.Blocked,
        { _full.IsFull: true } => BrokerCondition.QueueFull,
        _ => BrokerCondition.Flowing,
    };
}
