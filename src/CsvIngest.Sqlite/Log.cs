using CsvIngest.Resilience;
using Microsoft.Extensions.Logging;

namespace CsvIngest.Sqlite;

/// <summary>All log messages of the SQLite adapter: 35xx messages, 45xx store.</summary>
internal static partial class Log
{
    /// <summary>An outage of a file that holds queues.</summary>
    public static Outage OutageOf(SqliteFile file, ILogger logger, TimeProvider time) => new(
        time,
        reason => FileUnavailable(logger, file.Path, reason),
        (lasted, reason) => FileStillUnavailable(logger, file.Path, (long)lasted.TotalSeconds, reason),
        lasted => FileAvailable(logger, file.Path, (long)lasted.TotalSeconds));

    [LoggerMessage(3500, LogLevel.Warning, "SQLite file {Path} is locked or not writable; retrying: {Reason}")]
    public static partial void FileUnavailable(ILogger logger, string path, string reason);

    [LoggerMessage(3501, LogLevel.Information, "SQLite file {Path} is writable again after {Seconds} s")]
    public static partial void FileAvailable(ILogger logger, string path, long seconds);

    [LoggerMessage(3508, LogLevel.Warning, "SQLite file {Path} is still locked or not writable after {Seconds} s: {Reason}")]
    public static partial void FileStillUnavailable(ILogger logger, string path, long seconds, string reason);

    [LoggerMessage(3502, LogLevel.Warning,
        "The lease of a receiver of queue {Queue} expired before it was renewed; its messages are delivered again")]
    public static partial void LeaseLost(ILogger logger, string queue);

    [LoggerMessage(3503, LogLevel.Warning, "The lease of another receiver of {Path} expired; messages of it that are delivered again: {Deliveries}")]
    public static partial void DeliveriesFreed(ILogger logger, string path, int deliveries);

    [LoggerMessage(3504, LogLevel.Warning,
        "Dead-lettered a message of queue {Queue} that was delivered {Attempts} times without being settled")]
    public static partial void DeliveryLimitReached(ILogger logger, string queue, long attempts);

    [LoggerMessage(3505, LogLevel.Warning, "SQLite file {Path} was deleted or replaced; opening it again")]
    public static partial void FileGone(ILogger logger, string path);

    [LoggerMessage(3506, LogLevel.Debug, "Published to queue {Queue} in one transaction: {Messages}")]
    public static partial void Published(ILogger logger, string queue, int messages);

    [LoggerMessage(3507, LogLevel.Warning,
        "Cannot return messages to queue {Queue}; they are delivered again when the lease expires: {Reason}")]
    public static partial void LeaseLeft(ILogger logger, string queue, string reason);

    [LoggerMessage(4501, LogLevel.Warning, "Table {Table} rejected rows, which are kept as rejected with the database's reason: {Rows}")]
    public static partial void RowsRejected(ILogger logger, string table, int rows);
}
