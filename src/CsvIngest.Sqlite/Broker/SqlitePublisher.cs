using System.Runtime.InteropServices;
using System.Threading.Channels;
using CsvIngest.Messages;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace CsvIngest.Sqlite;

/// <summary>
/// Publishes by group commit: whatever was published while one transaction was being written goes into the next one.
/// </summary>
internal sealed class SqlitePublisher : IPublisher
{
    // Bounds the memory that one transaction holds twice, and how long it keeps other writers out. Guesses.
    private const int MaxGroupMessages = 10_000;
    private const long MaxGroupBytes = 16 * 1024 * 1024;

    private readonly SqliteFile _file;
    private readonly string _queue;
    private readonly PublisherOptions _options;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly Channel<Pending> _pending =
        Channel.CreateUnbounded<Pending>(new() { SingleReader = true, SingleWriter = true });
    private readonly Task _publishing;
    private readonly TaskCompletionSource _disposing = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile Exception? _failure;
    private volatile BrokerCondition _condition = BrokerCondition.Connecting;

    // Only the publishing loop touches these two.
    private SqliteConnection? _connection;
    private SqliteCommand? _insert;

    public SqlitePublisher(SqliteFile file, string queue, PublisherOptions options, ILogger logger, TimeProvider time)
    {
        (_file, _queue, _options, _logger, _time) = (file, queue, options, logger, time);
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

    /// <summary>Ends every outstanding publish: written in one last attempt, or failed.</summary>
    public async ValueTask DisposeAsync()
    {
        _pending.Writer.TryComplete();
        _disposing.TrySetResult();
        await _publishing;
        CloseConnection();
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
        var outage = new Outage(_file, _logger);
        var backoff = new Backoff();
        var stalledSince = _time.GetTimestamp();
        while (true)
        {
            try
            {
                Insert(group);
                outage.Ended();
                _condition = BrokerCondition.Flowing;
                return;
            }
            catch (SqliteException failure) when (failure.IsTransientFailure())
            {
                CloseConnection();
                outage.Failed(failure);
                _condition = failure.IsDiskFull() ? BrokerCondition.Blocked : BrokerCondition.Connecting;
                var stalled = _time.GetElapsedTime(stalledSince);
                if (_disposing.Task.IsCompleted
                    || (_condition == BrokerCondition.Connecting && stalled >= _options.Timeout))
                {
                    throw new BrokerUnavailableException(
                        $"SQLite file {_file.Path} did not let us write for {stalled.TotalSeconds:0} s: {failure.Message}", failure);
                }
            }
            catch (SqliteException failure)
            {
                throw failure.ToDenied(_file.Path, BrokerTables.NextStep);
            }

            await Task.WhenAny(Task.Delay(backoff.Next(), _time), _disposing.Task);
        }
    }

    private void Insert(List<Pending> group)
    {
        if (_connection is not null && !_file.Exists)
        {
            // Writing on would confirm messages into a file that nobody can open any more.
            Log.FileGone(_logger, _file.Path);
            CloseConnection();
        }

        _connection ??= BrokerTables.Open(_file, durable: true);
        _insert ??= _connection.Prepare(
            "INSERT INTO broker_messages (queue, body, content_type) VALUES ($queue, $body, $type)", "$queue", "$body", "$type");
        var patience = _options.Timeout < SqliteFile.LockTimeout ? _options.Timeout : SqliteFile.LockTimeout;
        _connection.Write(patience, () =>
        {
            foreach (var message in group.Select(pending => pending.Message))
            {
                _insert.With(_queue, Bytes(message.Body), message.ContentType).ExecuteNonQuery();
            }

            return group.Count;
        });
        Log.Published(_logger, _queue, group.Count);
    }

    // The driver takes whole arrays only.
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
        // Continuations elsewhere: a slow one must not hold up the next group.
        public TaskCompletionSource Confirmed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
