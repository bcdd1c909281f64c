using Microsoft.Extensions.Logging;

namespace CsvIngest.Sqlite;

/// <summary>All log messages of the SQLite adapter: 35xx messages, 45xx store.</summary>
internal static partial class Log
{
    [LoggerMessage(3500, LogLevel.Warning, "SQLite file {Path} does not let us write now, trying again: {Reason}")]
    public static partial void FileUnavailable(ILogger logger, string path, string reason);

    [LoggerMessage(3501, LogLevel.Information, "SQLite file {Path} works again")]
    public static partial void FileAvailable(ILogger logger, string path);

    [LoggerMessage(3502, LogLevel.Warning,
        "The lease on deliveries of queue {Queue} ran out before it was renewed: they go to whoever takes them")]
    public static partial void LeaseLost(ILogger logger, string queue);

    [LoggerMessage(3503, LogLevel.Warning, "A receiver of {Path} died: {Deliveries} deliveries of it are free again")]
    public static partial void DeliveriesFreed(ILogger logger, string path, int deliveries);

    [LoggerMessage(3504, LogLevel.Warning,
        "Dead-lettered a message of queue {Queue} that was delivered {Attempts} times without being settled")]
    public static partial void DeliveryLimitReached(ILogger logger, string queue, long attempts);

    [LoggerMessage(3505, LogLevel.Warning, "SQLite file {Path} has gone: starting again with a new one")]
    public static partial void FileGone(ILogger logger, string path);

    [LoggerMessage(3506, LogLevel.Debug, "Published {Messages} messages to queue {Queue} in one transaction")]
    public static partial void Published(ILogger logger, string queue, int messages);

    [LoggerMessage(3507, LogLevel.Warning,
        "Could not hand deliveries of queue {Queue} back, they come again when their lease ends: {Reason}")]
    public static partial void LeaseLeft(ILogger logger, string queue, string reason);

    [LoggerMessage(4500, LogLevel.Debug, "{Step}")]
    public static partial void MigrationStep(ILogger logger, string step);

    [LoggerMessage(4501, LogLevel.Warning, "Table {Table} refused {Rows} rows; they are rejected with the database's reason")]
    public static partial void RowsRejected(ILogger logger, string table, int rows);
}
