using System.Runtime.InteropServices;
using System.Threading.Channels;
using CsvIngest.Messages;
using CsvIngest.Resilience;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Polly;

namespace CsvIngest.Sqlite;

/// <summary>
/// Publishes by group commit: all that is published while one transaction is written goes into the next one.
/// </summary>
internal sealed class SqlitePublisher : IPublisher
{
    // Limits for the memory that one transaction holds twice, and for how long it locks out other writers. Guesses.
    private const int MaxGroupMessages = 10_000;
    private const long MaxGroupBytes = 16 * 1024 * 1024;

    private readonly SqliteFile _file;
    private readonly string _queue;
    private readonly PublisherOptions _options;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly Channel<Pending> _pending =
        Channel.CreateUnbounded<Pending>(new() { SingleReader = true, SingleWriter = true });
    private readonly Outage _outage;
    private readonly ResiliencePipeline _retry;
    private readonly CancellationTokenSource _disposing = new();
    private readonly Task _publishing;
    private volatile Exception? _failure;
    private volatile BrokerCondition _condition = BrokerCondition.Connecting;

    // Only the publishing loop uses these.
    private SqliteConnection? _connection;
    private SqliteCommand? _insert;
    private long _stalledSince;

    public SqlitePublisher(SqliteFile file, string queue, PublisherOptions options, ILogger logger, TimeProvider time)
    {
        (_file, _queue, _options, _logger, _time) = (file, queue, options, logger, time);
        _outage = Log.OutageOf(file, logger, time);
        _retry = Retry.Unlimited(MayTryAgain, OnFailure, time);
        _publishing = Task.Run(PublishPendingAsync);
    }

    public BrokerCondition Condition => _condition;

    public Task PublishAsync(OutgoingMessage message)
    {
        var pending = new Pending(message);
        return _pending.Writer.TryWrite(pending)
            ? pending.Confirmed.Task
            : Task.FromException(_failure ?? new ObjectDisposedException(nameof(IPublisher)));
    }

    /// <summary>Ends every outstanding publish: it is written in one last attempt, or fails.</summary>
    public async ValueTask DisposeAsync()
    {
        _pending.Writer.TryComplete();
        await _disposing.CancelAsync();
        await _publishing;
        CloseConnection();
        _disposing.Dispose();
    }

    private async Task PublishPendingAsync()
    {
        var group = new List<Pending>();
        try
        {
            while (await _pending.Reader.WaitToReadAsync())
            {
                TakeGroup(group);
                await InsertAsync(group);
                group.ForEach(pending => pending.Confirmed.SetResult());
                group.Clear();
            }
        }
        catch (Exception failure)
        {
            _failure = failure;
            _pending.Writer.TryComplete();
            while (_pending.Reader.TryRead(out var pending))
            {
                group.Add(pending);
            }

            group.ForEach(pending => pending.Confirmed.SetException(failure));
        }
    }

    private void TakeGroup(List<Pending> group)
    {
        long bytes = 0;
        while (group.Count < MaxGroupMessages && bytes < MaxGroupBytes && _pending.Reader.TryRead(out var pending))
        {
            group.Add(pending);
            bytes += pending.Message.Body.Length;
        }
    }

    private async Task InsertAsync(List<Pending> group)
    {
        _stalledSince = _time.GetTimestamp();
        try
        {
            try
            {
                await _retry.ExecuteAsync(
                    _ =>
                    {
                        Insert(group);
                        return ValueTask.CompletedTask;
                    },
                    _disposing.Token);
            }
            catch (OperationCanceledException)
            {
                // Disposed before an attempt or between two of them: the last one.
                Insert(group);
            }

            _outage.Succeed();
            _condition = BrokerCondition.Flowing;
        }
        catch (SqliteException failure) when (failure.IsTransientFailure())
        {
            OnFailure(failure);
            var seconds = _time.GetElapsedTime(_stalledSince).TotalSeconds;
            throw new BrokerUnavailableException(
                $"SQLite file {_file.Path} was not writable for {seconds:0} s: {FailureReason.Of(failure)}", failure);
        }
        catch (SqliteException failure)
        {
            throw failure.ToDenied(_file.Path, BrokerTables.NextStep);
        }
    }

    // A full disk is waited for without limit, like the disk alarm of a broker. The worst case of everything else is the publisher's
    // timeout, plus the longest delay, plus one attempt.
    private bool MayTryAgain(Exception failure) =>
        failure is SqliteException error && error.IsTransientFailure() && !_disposing.IsCancellationRequested
        && (error.IsDiskFull() || _time.GetElapsedTime(_stalledSince) < _options.Timeout);

    private void OnFailure(Exception failure)
    {
        CloseConnection();
        _outage.Fail(failure);
        _condition = failure is SqliteException error && error.IsDiskFull() ? BrokerCondition.Blocked : BrokerCondition.Connecting;
    }

    private void Insert(List<Pending> group)
    {
        if (_connection is not null && _connection.IsFileGone())
        {
            // To continue would confirm messages into a file that nobody can open any more.
            Log.FileGone(_logger, _file.Path);
            CloseConnection();
        }

        _connection ??= BrokerTables.Open(_file, durable: true);
        _insert ??= _connection.Prepare(
            "INSERT INTO broker_messages (queue, body, content_type, urgent, traceparent) VALUES ($queue, $body, $type, $urgent, $traceparent)",
            "$queue", "$body", "$type", "$urgent", "$traceparent");
        var timeout = _options.Timeout < SqliteFile.LockTimeout ? _options.Timeout : SqliteFile.LockTimeout;
        _connection.Write(timeout, () =>
        {
            foreach (var message in group.Select(pending => pending.Message))
            {
                _insert.With(_queue, Bytes(message.Body), message.ContentType, message.IsUrgent, message.TraceParent).ExecuteNonQuery();
            }

            return group.Count;
        });
        Log.Published(_logger, _queue, group.Count);
    }

    // The driver accepts whole arrays only.
    private static byte[] Bytes(ReadOnlyMemory<byte> body) =>
        MemoryMarshal.TryGetArray(body, out var segment) && segment.Offset == 0 && segment.Count == segment.Array!.Length
            ? segment.Array
            : body.ToArray();

    private void CloseConnection()
    {
        _insert?.Dispose();
        _connection?.Dispose();
        (_insert, _connection) = (null, null);
    }

    private sealed record Pending(OutgoingMessage Message)
    {
        // Continuations run elsewhere: a slow one must not delay the next group.
        public TaskCompletionSource Confirmed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
