using Microsoft.Extensions.Logging;

namespace CsvIngest.Producer;

/// <summary>Every log message of the producer: event ids 1000 to 1999, never reused.</summary>
internal static partial class Log
{
    [LoggerMessage(1001, LogLevel.Information, "Publishing to queue {Queue} at {Broker}")]
    public static partial void Publishing(this ILogger logger, string queue, string broker);

    [LoggerMessage(EventId = 1002, Message = "{Source}: {Shape}, dataset {Dataset}, import {Import}")]
    public static partial void Began(this ILogger logger, LogLevel level, string source, string shape, string dataset, Guid import);

    [LoggerMessage(1003, LogLevel.Warning, "{Source}: {Warning}")]
    public static partial void Warned(this ILogger logger, string source, string warning);

    [LoggerMessage(1004, LogLevel.Information, "{Source}: resuming after row {Rows:N0}; everything up to there is published already")]
    public static partial void Resumed(this ILogger logger, string source, long rows);

    [LoggerMessage(1005, LogLevel.Information, "{Source}: {RowsRead} read, {RowsConfirmed} confirmed, {RowsRejected} rejected, {RowsPerSecond} rows/s{Waiting}")]
    public static partial void Progress(
        this ILogger logger, string source, long rowsRead, long rowsConfirmed, long rowsRejected, long rowsPerSecond, string waiting);

    [LoggerMessage(1006, LogLevel.Warning, "Broker unavailable, retrying for up to {Seconds} s: {Failure}")]
    public static partial void BrokerUnavailable(this ILogger logger, int seconds, string failure);

    [LoggerMessage(1007, LogLevel.Information, "Dry run: nothing is published")]
    public static partial void DryRun(this ILogger logger);

    [LoggerMessage(1008, LogLevel.Information, "{Source}: {Moved}")]
    public static partial void Moved(this ILogger logger, string source, string moved);

    [LoggerMessage(1009, LogLevel.Information, "{Source}: resuming the import that began at {StartedAt:u} with its own options, which differ from those of this command")]
    public static partial void OptionsKept(this ILogger logger, string source, DateTimeOffset startedAt);

    [LoggerMessage(1010, LogLevel.Information, "{Source}: waiting until its size and time have not changed for {Seconds} s")]
    public static partial void Settling(this ILogger logger, string source, double seconds);

    [LoggerMessage(1011, LogLevel.Warning, "{Failure} Resuming may publish again what was confirmed since the state was last saved")]
    public static partial void StateNotSaved(this ILogger logger, string failure);

    [LoggerMessage(1012, LogLevel.Warning, "{Path} is passed over: it is a pipe, a socket or a device. To read it, name it in full")]
    public static partial void PassedOver(this ILogger logger, string path);

    [LoggerMessage(1013, LogLevel.Warning, "Nothing is imported, because files that were named do not exist: {Count}")]
    public static partial void FilesMissing(this ILogger logger, int count);

    [LoggerMessage(1014, LogLevel.Information, "Watching {Names}: a file is imported once its size and time have not changed for {Seconds} s")]
    public static partial void Watching(this ILogger logger, string names, double seconds);

    [LoggerMessage(1015, LogLevel.Information,
        "{Source}: done, {RowsRead} read: {RowsSent} sent, {RowsDuplicate} duplicate, {RowsRejected} rejected; import {Import}{Moved}")]
    public static partial void Imported(
        this ILogger logger, string source, long rowsRead, long rowsSent, long rowsDuplicate, long rowsRejected, Guid? import, string moved);

    [LoggerMessage(1016, LogLevel.Information, "{Source}: already imported and unchanged since; import {Import}{Moved}")]
    public static partial void AlreadyImported(this ILogger logger, string source, Guid? import, string moved);

    [LoggerMessage(1017, LogLevel.Error, "{Source}: not imported{Moved}: {Failure}")]
    public static partial void NotImported(this ILogger logger, string source, string moved, string failure);

    [LoggerMessage(1018, LogLevel.Warning, "{Source}: {Failure} It is tried again")]
    public static partial void Postponed(this ILogger logger, string source, string failure);

    [LoggerMessage(1019, LogLevel.Information, "{Source}: interrupted; rows confirmed so far: {RowsConfirmed}. The same command resumes the import")]
    public static partial void Interrupted(this ILogger logger, string source, long rowsConfirmed);

    [LoggerMessage(1020, LogLevel.Warning, "{Name} cannot be listed, trying again: {Failure}")]
    public static partial void NotListed(this ILogger logger, string name, string failure);

    [LoggerMessage(1021, LogLevel.Information, "{Name} can be listed again")]
    public static partial void ListedAgain(this ILogger logger, string name);

    [LoggerMessage(1022, LogLevel.Debug, "{Source}: {Failure}")]
    public static partial void FailedWith(this ILogger logger, Exception exception, string source, string failure);

    [LoggerMessage(1023, LogLevel.Information, "{Source}: files in the archive that are passed over: {Count} ({Names})")]
    public static partial void MembersPassedOver(this ILogger logger, string source, int count, string names);

    [LoggerMessage(EventId = 1024, Message = "{Source}: the same content was published before, on {At:u} as {Before}, import {Import}{How}")]
    public static partial void ImportedBefore(
        this ILogger logger, LogLevel level, string source, DateTimeOffset at, string before, Guid import, string how);

    [LoggerMessage(1025, LogLevel.Information, "{Source}: skipped, the same content was published on {At:u} as {Before}, import {Import}{Moved}")]
    public static partial void Skipped(this ILogger logger, string source, DateTimeOffset at, string before, Guid import, string moved);
}
