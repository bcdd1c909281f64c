using CsvIngest.Messages;
using CsvIngest.Telemetry;
using Dapper;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace CsvIngest.Sqlite;

/// <summary>
/// A receiver's statements on one connection, under one lease. It ends when the lease is lost, like a connection to a server.
/// Not for concurrent use.
/// </summary>
/// <remarks>
/// The connection commits without waiting for the disk: a power failure may undo a lease or an ack, and then the message is delivered
/// again, which the ledger absorbs. A dead letter moves in one transaction, so it is always in exactly one of the queues.
/// </remarks>
internal sealed class ReceiverSession : IDisposable
{
    private const string OwnAmong =
        "SELECT message_id FROM broker_deliveries WHERE receiver = @lease AND message_id IN (SELECT value FROM json_each(@ids))";

    private readonly SqliteFile _file;
    private readonly string _queue;
    private readonly SqliteBrokerOptions _options;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly SqliteConnection _connection;
    private readonly string _lease = Guid.CreateVersion7().ToString();

    /// <summary>Opens the file and starts the lease.</summary>
    /// <exception cref="SqliteException">It cannot be opened or written now.</exception>
    public ReceiverSession(SqliteFile file, string queue, SqliteBrokerOptions options, ILogger logger, TimeProvider time)
    {
        (_file, _queue, _options, _logger, _time) = (file, queue, options, logger, time);
        _connection = BrokerTables.Open(file, durable: false);
        try
        {
            Write(BeginLease);
        }
        catch
        {
            _connection.Dispose();
            throw;
        }
    }

    /// <inheritdoc cref="SqliteConnectionExtensions.IsFileGone"/>
    public bool IsFileGone => _connection.IsFileGone();

    private long Now => _time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>
    /// Whether <see cref="RenewAndTake"/> would take something. This only reads, so that idle receivers never lock the file.
    /// </summary>
    public bool HasMessages() => _connection.ExecuteScalar<bool>(
        """
        SELECT EXISTS (
            SELECT 1 FROM broker_messages m LEFT JOIN broker_deliveries d ON d.message_id = m.id
            WHERE m.queue = @queue AND d.receiver IS NULL)
        OR EXISTS (SELECT 1 FROM broker_receivers WHERE alive_until < @now)
        """,
        new { queue = _queue, now = Now });

    /// <summary>Renews the lease, frees the deliveries of receivers that have died, and takes free messages, urgent ones first, then the oldest.</summary>
    /// <returns>The new deliveries; null when the lease is lost, and its deliveries with it.</returns>
    public IReadOnlyList<SqliteDelivery>? RenewAndTake(int limit) => Write(() =>
    {
        if (_connection.Execute(
            "UPDATE broker_receivers SET alive_until = @until WHERE receiver = @lease",
            new { lease = _lease, until = LeaseEnd() }) == 0)
        {
            return null;
        }

        FreeDeliveriesOfDeadReceivers();
        return limit > 0 ? Take(limit) : [];
    });

    /// <summary>Settles the deliveries of this lease and skips the rest.</summary>
    /// <returns>How many were settled.</returns>
    public int Settle(IEnumerable<SqliteDelivery> deliveries, Outcome outcome)
    {
        var ids = deliveries.Where(delivery => delivery.Lease == _lease).Select(delivery => delivery.Id).ToList();
        return ids.Count == 0 ? 0 : Write(() => outcome switch
        {
            Outcome.Acked => Delete(ids),
            Outcome.Requeued => Requeue(ids),
            Outcome.DeadLettered(var reason, var detail) => DeadLetter(ids, reason, detail),
            _ => throw new ArgumentOutOfRangeException(nameof(outcome)),
        });
    }

    /// <summary>
    /// Whether the queue holds nothing but the deliveries of this lease. Those of others count: a consumer that drains the queue after
    /// another one was killed waits until that one's lease ends and then receives its messages, instead of leaving them behind.
    /// </summary>
    public bool IsQueueEmpty() => _connection.ExecuteScalar<bool>(
        """
        SELECT NOT EXISTS (
            SELECT 1 FROM broker_messages m LEFT JOIN broker_deliveries d ON d.message_id = m.id
            WHERE m.queue = @queue AND d.receiver IS NOT @lease)
        """,
        new { queue = _queue, lease = _lease });

    /// <summary>Ends the lease: what is unsettled can be taken by others at once.</summary>
    public void Release() => Write(() =>
    {
        _connection.Execute("UPDATE broker_deliveries SET receiver = NULL WHERE receiver = @lease", new { lease = _lease });
        return _connection.Execute("DELETE FROM broker_receivers WHERE receiver = @lease", new { lease = _lease });
    });

    public void Dispose() => _connection.Dispose();

    private T Write<T>(Func<T> work) => _connection.Write(SqliteFile.LockTimeout, work);

    private int BeginLease() => _connection.Execute(
        "INSERT INTO broker_receivers (receiver, alive_until, queue) VALUES (@lease, @until, @queue)",
        new { lease = _lease, until = LeaseEnd(), queue = _queue });

    private long LeaseEnd() => Now + (long)_options.Lease.TotalMilliseconds;

    private void FreeDeliveriesOfDeadReceivers()
    {
        if (_connection.Execute("DELETE FROM broker_receivers WHERE alive_until < @now", new { now = Now }) == 0)
        {
            return;
        }

        var freed = _connection.Execute(
            """
            UPDATE broker_deliveries SET receiver = NULL
            WHERE receiver IS NOT NULL AND receiver NOT IN (SELECT receiver FROM broker_receivers)
            """);
        if (freed > 0)
        {
            Log.DeliveriesFreed(_logger, _file.Path, freed);
        }
    }

    private List<SqliteDelivery> Take(int limit)
    {
        var free = _connection.Query<FreeMessage>(
            """
            SELECT m.id, m.body, m.content_type AS ContentType, m.traceparent AS TraceParent, coalesce(d.attempts, 0) AS attempts
            FROM broker_messages m LEFT JOIN broker_deliveries d ON d.message_id = m.id
            WHERE m.queue = @queue AND d.receiver IS NULL ORDER BY m.urgent DESC, m.id LIMIT @limit
            """,
            new { queue = _queue, limit }).AsList();
        if (free.Count == 0)
        {
            return [];
        }

        _connection.Execute(
            """
            INSERT INTO broker_deliveries (message_id, receiver, attempts) SELECT value, @lease, 1 FROM json_each(@ids) WHERE true
            ON CONFLICT (message_id) DO UPDATE SET receiver = excluded.receiver, attempts = attempts + 1
            """,
            new { lease = _lease, ids = SqliteJson.Array(free.Select(message => message.Id)) });
        var exhausted = free.Where(message => message.Attempts > _options.DeliveryLimit).ToList();
        if (exhausted.Count > 0)
        {
            DeadLetter(exhausted.Select(message => message.Id), DeadLetterReasons.DeliveryLimit, "");
            exhausted.ForEach(message => Log.DeliveryLimitReached(_logger, _queue, message.Attempts));
        }

        return [.. free.Except(exhausted)
            .Select(message => new SqliteDelivery(message.Id, _lease, message.Body, message.ContentType, message.Attempts)
            {
                TraceParent = TraceParent.Accept(message.TraceParent),
            })];
    }

    private int Delete(IEnumerable<long> ids)
    {
        var ours = new { lease = _lease, ids = SqliteJson.Array(ids) };
        _connection.Execute($"DELETE FROM broker_messages WHERE id IN ({OwnAmong})", ours);
        return _connection.Execute($"DELETE FROM broker_deliveries WHERE message_id IN ({OwnAmong})", ours);
    }

    private int Requeue(IEnumerable<long> ids) =>
        _connection.Execute(
            $"UPDATE broker_deliveries SET receiver = NULL WHERE message_id IN ({OwnAmong})",
            new { lease = _lease, ids = SqliteJson.Array(ids) });

    private int DeadLetter(IEnumerable<long> ids, string reason, string detail)
    {
        _connection.Execute(
            $"""
            INSERT INTO broker_dead_letters (queue, body, content_type, reason, detail, dead_at, traceparent)
            SELECT queue, body, content_type, @reason, @detail, @at, traceparent FROM broker_messages WHERE id IN ({OwnAmong}) ORDER BY id
            """,
            new { lease = _lease, ids = SqliteJson.Array(ids), reason, detail, at = Now });
        return Delete(ids);
    }

    internal sealed class FreeMessage
    {
        public long Id { get; init; }

        public byte[] Body { get; init; } = [];

        public string? ContentType { get; init; }

        public string? TraceParent { get; init; }

        public long Attempts { get; init; }
    }
}
