using CsvIngest.Messages;
using Dapper;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace CsvIngest.Sqlite;

/// <summary>The message seam on tables of one SQLite file: for one machine, and any number of programs on it.</summary>
/// <param name="path">The file; created when it does not exist. Its folder must exist.</param>
/// <param name="queue">The queue's name. A file holds any number of queues.</param>
/// <param name="options">Defaults to the defaults of <see cref="SqliteBrokerOptions"/>.</param>
/// <param name="time">The clock of leases, delays and deadlines. Defaults to the system's.</param>
public sealed class SqliteBroker(
    string path, string queue, ILoggerFactory loggers, SqliteBrokerOptions? options = null, TimeProvider? time = null) : IBroker
{
    private readonly SqliteFile _file = new(path);
    private readonly SqliteBrokerOptions _options = options ?? new SqliteBrokerOptions();
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly ILogger _logger = loggers.CreateLogger<SqliteBroker>();

    /// <summary>Addresses of SQLite files: <c>sqlite:FILE</c>.</summary>
    public static BrokerKind Kind { get; } = new(
        SqliteAddress.Forms, (address, queue, loggers) => new SqliteBroker(SqliteAddress.FileOf(address.Text), queue, loggers));

    /// <inheritdoc/>
    public string DisplayAddress => _file.DisplayAddress;

    /// <inheritdoc/>
    public string System => "sqlite";

    /// <inheritdoc/>
    public Task PrepareAsync(CancellationToken cancellationToken) => OnceAsync(_ => 0, cancellationToken);

    /// <inheritdoc/>
    public IPublisher OpenPublisher(PublisherOptions options) => new SqlitePublisher(_file, queue, options, _logger, _time);

    /// <inheritdoc/>
    public IReceiver OpenReceiver(ReceiverOptions options) => new SqliteReceiver(_file, queue, options, _options, _logger, _time);

    /// <inheritdoc/>
    public Task<QueueLengths> CountAsync(CancellationToken cancellationToken) =>
        _file.Exists
            ? OnceAsync(
                () => _file.Open(create: false),
                connection => BrokerTables.Exist(connection) ? Count(connection) : new QueueLengths(0, 0),
                cancellationToken)
            : Task.FromResult(new QueueLengths(0, 0));

    /// <inheritdoc/>
    public Task ReadDeadLettersAsync(Action<DeadLetter> read, CancellationToken cancellationToken) =>
        OnceAsync(
            connection =>
            {
                foreach (var stored in Letters(connection))
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    read(stored.ToDeadLetter());
                }

                return 0;
            },
            cancellationToken);

    /// <inheritdoc/>
    public Task<int> ReplayDeadLettersAsync(Func<DeadLetter, bool> chosen, CancellationToken cancellationToken) =>
        RemoveAsync(
            chosen,
            atMost: null,
            """
            INSERT INTO broker_messages (queue, body, content_type, traceparent)
            SELECT queue, body, content_type, traceparent FROM broker_dead_letters WHERE id = @id
            """,
            cancellationToken);

    /// <inheritdoc/>
    public Task<int> PurgeDeadLettersAsync(Func<DeadLetter, bool> chosen, int? atMost, CancellationToken cancellationToken) =>
        RemoveAsync(chosen, atMost, before: null, cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    // In one transaction, so that nobody sees a letter in both queues, or in none.
    private Task<int> RemoveAsync(Func<DeadLetter, bool> chosen, int? atMost, string? before, CancellationToken cancellationToken) =>
        OnceAsync(
            connection => connection.Write(SqliteFile.LockTimeout, () =>
            {
                var removed = 0;
                var ids = Letters(connection).Where(stored => chosen(stored.ToDeadLetter())).Select(stored => stored.Id)
                    .Take(atMost ?? int.MaxValue).ToList();
                foreach (var id in ids)
                {
                    if (before is not null)
                    {
                        connection.Execute(before, new { id });
                    }

                    removed += connection.Execute("DELETE FROM broker_dead_letters WHERE id = @id", new { id });
                }

                return removed;
            }),
            cancellationToken);

    // Unbuffered: the bodies of all letters together may not fit in memory.
    private IEnumerable<StoredLetter> Letters(SqliteConnection connection) => connection.Query<StoredLetter>(
        """
        SELECT id, body, content_type AS ContentType, reason, detail, dead_at AS DeadAt, traceparent AS TraceParent
        FROM broker_dead_letters WHERE queue = @queue ORDER BY id
        """,
        new { queue },
        buffered: false);

    private QueueLengths Count(SqliteConnection connection) => new(
        connection.ExecuteScalar<long>("SELECT count(*) FROM broker_messages WHERE queue = @queue", new { queue }),
        connection.ExecuteScalar<long>("SELECT count(*) FROM broker_dead_letters WHERE queue = @queue", new { queue }))
    {
        Consumers = BrokerTables.KnowQueueOfReceivers(connection)
            ? connection.ExecuteScalar<int>(
                "SELECT count(*) FROM broker_receivers WHERE queue = @queue AND alive_until >= @now",
                new { queue, now = _time.GetUtcNow().ToUnixTimeMilliseconds() })
            : null,
        Unsettled = connection.ExecuteScalar<long>(
            """
            SELECT count(*) FROM broker_deliveries d JOIN broker_messages m ON m.id = d.message_id
            WHERE m.queue = @queue AND d.receiver IS NOT NULL
            """,
            new { queue }),
    };

    private Task<T> OnceAsync<T>(Func<SqliteConnection, T> work, CancellationToken cancellationToken) =>
        OnceAsync(() => BrokerTables.Open(_file, durable: true), work, cancellationToken);

    private async Task<T> OnceAsync<T>(
        Func<SqliteConnection> open, Func<SqliteConnection, T> work, CancellationToken cancellationToken)
    {
        try
        {
            return await Task.Run(
                () =>
                {
                    using var connection = open();
                    return work(connection);
                },
                cancellationToken);
        }
        catch (SqliteException failure) when (failure.IsTransientFailure())
        {
            throw new BrokerUnavailableException($"SQLite file {_file.Path} is not available: {FailureReason.Of(failure)}", failure);
        }
        catch (SqliteException failure)
        {
            throw failure.ToDenied(_file.Path, BrokerTables.NextStep);
        }
    }

    internal sealed class StoredLetter
    {
        public long Id { get; init; }

        public byte[] Body { get; init; } = [];

        public string? ContentType { get; init; }

        public string Reason { get; init; } = "";

        public string Detail { get; init; } = "";

        public long DeadAt { get; init; }

        public string? TraceParent { get; init; }

        public DeadLetter ToDeadLetter() =>
            new(Body, ContentType, Reason, Detail, DateTimeOffset.FromUnixTimeMilliseconds(DeadAt)) { TraceParent = TraceParent };
    }
}
