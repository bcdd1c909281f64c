using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using CsvIngest.Messages;
using CsvIngest.Resilience;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using ResiliencePipeline = Polly.ResiliencePipeline;

namespace CsvIngest.Sqlite;

/// <summary>
/// Takes messages under a lease, which it renews as long as it runs. One loop takes and renews; settling may run beside it.
/// </summary>
internal sealed class SqliteReceiver : IReceiver
{
    // Another process may publish at any time and cannot notify this one. A guess between latency and idle load.
    private static readonly TimeSpan FirstPoll = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LastPoll = TimeSpan.FromMilliseconds(200);

    private readonly SqliteFile _file;
    private readonly string _queue;
    private readonly ReceiverOptions _options;
    private readonly SqliteBrokerOptions _brokerOptions;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly Outage _outage;
    private readonly ResiliencePipeline _retry;
    private readonly Channel<SqliteDelivery> _arrived = Channel.CreateUnbounded<SqliteDelivery>();
    private readonly SemaphoreSlim _roomMade = new(0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _taking;
    private volatile bool _isReceiving;

    // Guarded by the gate.
    private readonly Lock _gate = new();
    private ReceiverSession? _session;
    private long _renewedAt;
    private int _inHand;

    public SqliteReceiver(
        SqliteFile file, string queue, ReceiverOptions options, SqliteBrokerOptions brokerOptions, ILogger logger,
        TimeProvider time)
    {
        (_file, _queue, _options, _brokerOptions, _logger, _time) = (file, queue, options, brokerOptions, logger, time);
        _outage = Log.OutageOf(file, logger, time);
        _retry = Retry.Unlimited(failure => failure is SqliteException error && error.IsTransientFailure(), OnFailure, time);
        _taking = Task.Run(TakeUntilStoppedAsync);
    }

    public bool IsReceiving => _isReceiving;

    public async Task WaitAsync(CancellationToken cancellationToken) =>
        ObjectDisposedException.ThrowIf(!await _arrived.Reader.WaitToReadAsync(cancellationToken), this);

    public bool TryReceive([NotNullWhen(true)] out Delivery? delivery)
    {
        var received = _arrived.Reader.TryRead(out var arrived);
        delivery = arrived;
        return received;
    }

    public async Task SettleAsync(IReadOnlyList<Delivery> deliveries, Outcome outcome, CancellationToken cancellationToken)
    {
        if (deliveries.Count == 0)
        {
            return;
        }

        await RetryingAsync(() => Settle(deliveries.Cast<SqliteDelivery>(), outcome), cancellationToken);
        if (_roomMade.CurrentCount == 0)
        {
            _roomMade.Release();
        }
    }

    public async Task<bool> IsQueueEmptyAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await Task.Run(IsQueueEmpty, cancellationToken);
        }
        catch (SqliteException failure) when (failure.IsTransientFailure())
        {
            return false;
        }
        catch (SqliteException failure)
        {
            throw failure.ToDenied(_file.Path, BrokerTables.NextStep);
        }
    }

    /// <summary>Returns what is unsettled to the queue, at once.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _taking;
        lock (_gate)
        {
            try
            {
                _session?.Release();
            }
            catch (SqliteException failure)
            {
                Log.LeaseLeft(_logger, _queue, FailureReason.Of(failure));
            }

            EndSession();
        }

        _arrived.Writer.TryComplete();
        _isReceiving = false;
        _stop.Dispose();
        _roomMade.Dispose();
    }

    private async Task TakeUntilStoppedAsync()
    {
        try
        {
            var poll = FirstPoll;
            while (!_stop.IsCancellationRequested)
            {
                var taken = 0;
                await RetryingAsync(() => taken = RenewAndTake(), _stop.Token);
                poll = taken > 0 ? FirstPoll : TimeSpan.FromTicks(Math.Min(poll.Ticks * 2, LastPoll.Ticks));
                await _roomMade.WaitAsync(poll, _stop.Token);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Disposed.
        }
        catch (Exception failure)
        {
            _isReceiving = false;
            _arrived.Writer.TryComplete(failure);
        }
    }

    private int RenewAndTake()
    {
        lock (_gate)
        {
            if (_session is { IsFileGone: true })
            {
                Log.FileGone(_logger, _file.Path);
                EndSession();
            }

            var session = Session();
            // Before the first delivery is handed over.
            _isReceiving = true;
            var room = _options.Prefetch - _inHand;
            var renewalIsDue = _time.GetElapsedTime(_renewedAt) > _brokerOptions.Lease / 3;
            if (!renewalIsDue && (room <= 0 || !session.HasMessages()))
            {
                return 0;
            }

            var taken = session.RenewAndTake(room);
            if (taken is null)
            {
                Log.LeaseLost(_logger, _queue);
                EndSession();
                return 0;
            }

            _renewedAt = _time.GetTimestamp();
            _inHand += taken.Count;
            foreach (var delivery in taken)
            {
                _arrived.Writer.TryWrite(delivery);
            }

            return taken.Count;
        }
    }

    private void Settle(IEnumerable<SqliteDelivery> deliveries, Outcome outcome)
    {
        lock (_gate)
        {
            // Without a session there is no lease, and no delivery is this receiver's any more.
            _inHand -= _session?.Settle(deliveries, outcome) ?? 0;
        }
    }

    private bool IsQueueEmpty()
    {
        lock (_gate)
        {
            return Session().IsQueueEmpty() && _arrived.Reader.Count == 0;
        }
    }

    // Under the gate.
    private ReceiverSession Session()
    {
        if (_session is null)
        {
            _session = new ReceiverSession(_file, _queue, _brokerOptions, _logger, _time);
            _renewedAt = _time.GetTimestamp();
        }

        return _session;
    }

    // Under the gate. What has arrived and was not received yet is delivered again, to any receiver.
    private void EndSession()
    {
        _session?.Dispose();
        _session = null;
        _inHand = 0;
        while (_arrived.Reader.TryRead(out _))
        {
        }
    }

    private async Task RetryingAsync(Action work, CancellationToken cancellationToken)
    {
        try
        {
            await _retry.ExecuteAsync(async token => await Task.Run(work, token), cancellationToken);
            _outage.Succeed();
        }
        catch (SqliteException failure)
        {
            throw failure.ToDenied(_file.Path, BrokerTables.NextStep);
        }
    }

    private void OnFailure(Exception failure)
    {
        _isReceiving = false;
        _outage.Fail(failure);
        if (failure is SqliteException error && error.IsBusy())
        {
            return;
        }

        // A connection that has met an input or output error is not used again.
        lock (_gate)
        {
            EndSession();
        }
    }
}
