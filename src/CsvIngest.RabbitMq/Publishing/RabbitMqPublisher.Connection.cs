namespace CsvIngest.RabbitMq;

/// <content>The connection: opened, lost, refused, blocked. All of it runs in the publisher's loop but for what says otherwise.</content>
internal sealed partial class RabbitMqPublisher
{
    private void Connect(TimeSpan delay) => _connecting = ConnectAsync(delay);

    // One attempt, which ends in a happening. Has deadlines and does not throw.
    private async Task ConnectAsync(TimeSpan delay)
    {
        try
        {
            await Task.Delay(delay, _stop.Token);
            var session = await PublishSession.OpenAsync(_options, _routingKey, OnBlocked, _stop.Token);
            if (!_mailbox.Writer.TryWrite(() => OnConnected(session)))
            {
                await session.DisposeAsync();
            }
        }
        catch (Exception error)
        {
            _mailbox.Writer.TryWrite(() => OnUnusable(session: null, error));
        }
    }

    private void OnConnected(PublishSession session)
    {
        _session = session;
        _heardAt = _time.GetTimestamp();
        if (_outage.Up() && _waiting.Count > 0)
        {
            Log.Republishing(_logger, _waiting.Count);
        }

        _ = WatchAsync(session);
    }

    // Does not throw, and ends with the session.
    private async Task WatchAsync(PublishSession session)
    {
        var end = await session.Ended;
        _mailbox.Writer.TryWrite(() => OnLost(session, end));
    }

    private void OnUnusable(PublishSession? session, Exception error)
    {
        if (error is DeniedException)
        {
            OnDenied(error);
        }
        else
        {
            OnLost(session, new LinkEnd(error.Message, Refused: false));
        }
    }

    private void OnLost(PublishSession? session, LinkEnd end)
    {
        if (session != _session || _stop.IsCancellationRequested)
        {
            return;
        }

        if (end.Refused)
        {
            OnDenied(new DeniedException($"Broker {_options.DisplayAddress} refuses: {end.Why}"));
            return;
        }

        _outage.Down(end.Why);
        if (session?.Age > StableAfter)
        {
            _reconnect.Reset();
        }

        Abandon();
        Connect(_reconnect.Next());
    }

    private void OnDenied(Exception refused)
    {
        _denied = refused;
        Abandon();
        FailAll(refused);
    }

    // All that is in flight waits for the next connection, before what was never sent.
    private void Abandon()
    {
        if (_session is not null)
        {
            _closing = Task.WhenAll(_closing, _session.DisposeAsync().AsTask());
            _session = null;
        }

        foreach (var publish in _inFlight)
        {
            _waiting.Enqueue(publish, publish.Sequence);
        }

        _inFlight.Clear();
        _blocked = false;
        _preparing = false;
        _full.Forget();
    }

    // Has deadlines and does not throw.
    private async Task PrepareAgainAsync(PublishSession session, TimeSpan delay)
    {
        try
        {
            await session.PrepareAsync(_stop.Token);
            // The delay only matters when somebody keeps deleting the queue.
            await Task.Delay(delay, _stop.Token);
            _mailbox.Writer.TryWrite(() => _preparing = _preparing && session != _session);
        }
        catch (Exception error)
        {
            _mailbox.Writer.TryWrite(() => OnUnusable(session, error));
        }
    }

    private void OnBlocked(PublishSession session, string? reason) => _mailbox.Writer.TryWrite(() =>
    {
        if (session != _session || _blocked == reason is not null)
        {
            return;
        }

        _blocked = reason is not null;
        _heardAt = _progressAt = _time.GetTimestamp();
        if (reason is null)
        {
            Log.Unblocked(_logger);
        }
        else
        {
            Log.Blocked(_logger, reason);
        }
    });
}
