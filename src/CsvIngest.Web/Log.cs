using Microsoft.Extensions.Logging;

namespace CsvIngest.Web;

/// <summary>Every log message of the web program: event ids 5000 to 5999, never reused.</summary>
internal static partial class Log
{
    [LoggerMessage(5001, LogLevel.Information, "Listening on {Url} ({Access}); imports go to {Broker}, books come from {Database}, uploads are in {Uploads}")]
    public static partial void Listening(this ILogger logger, string url, string access, string broker, string database, string uploads);

    [LoggerMessage(5002, LogLevel.Information, "{Source}: received, {Bytes} bytes; import {Import}")]
    public static partial void Received(this ILogger logger, string source, long bytes, Guid import);

    [LoggerMessage(5003, LogLevel.Information, "{Source}: done, {RowsRead} rows read: {RowsSent} sent, {RowsDuplicate} duplicate, {RowsRejected} rejected; import {Import}")]
    public static partial void Imported(
        this ILogger logger, string source, long rowsRead, long rowsSent, long rowsDuplicate, long rowsRejected, Guid import);

    [LoggerMessage(5004, LogLevel.Warning, "{Source}: not imported: {Failure} Import {Import}")]
    public static partial void NotImported(this ILogger logger, string source, string failure, Guid import);

    [LoggerMessage(5005, LogLevel.Warning, "{Source}: {Warning} Import {Import}")]
    public static partial void Warned(this ILogger logger, string source, string warning, Guid import);

    [LoggerMessage(5006, LogLevel.Warning, "Broker {Broker} unavailable, retrying: {Reason}")]
    public static partial void BrokerUnavailable(this ILogger logger, string broker, string reason);

    [LoggerMessage(5019, LogLevel.Warning, "Broker {Broker} still unavailable after {Seconds} s: {Reason}")]
    public static partial void BrokerStillUnavailable(this ILogger logger, string broker, long seconds, string reason);

    [LoggerMessage(5020, LogLevel.Information, "Broker {Broker} available again after {Seconds:F1} s")]
    public static partial void BrokerAvailable(this ILogger logger, string broker, double seconds);

    [LoggerMessage(5007, LogLevel.Information, "{Source}: interrupted, {RowsConfirmed} rows confirmed so far; the next start resumes import {Import}")]
    public static partial void Interrupted(this ILogger logger, string source, long rowsConfirmed, Guid import);

    [LoggerMessage(5008, LogLevel.Information, "{Source}: cancelled, {RowsConfirmed} rows confirmed so far; import {Import}")]
    public static partial void Cancelled(this ILogger logger, string source, long rowsConfirmed, Guid import);

    [LoggerMessage(5009, LogLevel.Information, "{Count} unfinished imports are resumed")]
    public static partial void Resuming(this ILogger logger, int count);

    [LoggerMessage(5010, LogLevel.Information, "{Source}: checked, {RowsRead} rows read: {RowsValid} valid, {RowsDuplicate} duplicate, {RowsRejected} rejected; import {Import}")]
    public static partial void Checked(
        this ILogger logger, string source, long rowsRead, long rowsValid, long rowsDuplicate, long rowsRejected, Guid import);

    [LoggerMessage(5011, LogLevel.Warning, "Upload refused: {Reason}")]
    public static partial void Refused(this ILogger logger, string reason);

    [LoggerMessage(5012, LogLevel.Information, "Upload not received: {Reason}")]
    public static partial void NotReceived(this ILogger logger, string reason);

    [LoggerMessage(5013, LogLevel.Error, "{Method} {Path} failed: internal error ({Failure})")]
    public static partial void RequestFailed(this ILogger logger, string method, string path, string failure);

    [LoggerMessage(5014, LogLevel.Debug, "Details of the failure")]
    public static partial void FailureDetails(this ILogger logger, Exception exception);

    [LoggerMessage(5015, LogLevel.Warning, "The upload in {Folder} is passed over: {Failure}")]
    public static partial void UploadUnreadable(this ILogger logger, string folder, string failure);

    [LoggerMessage(5016, LogLevel.Warning, "{Action} of {Count} dead letters, requested by {Remote}")]
    public static partial void DeadLettersChanged(this ILogger logger, string action, int count, string? remote);

    [LoggerMessage(5017, LogLevel.Warning, "Sign-in failed: wrong token, from {Remote}")]
    public static partial void WrongToken(this ILogger logger, string? remote);

    [LoggerMessage(5021, LogLevel.Warning, "The folder of the uploads, {Folder}, cannot be written: {Reason}")]
    public static partial void NotStored(this ILogger logger, string folder, string reason);

    [LoggerMessage(5018, LogLevel.Information, "Stopped")]
    public static partial void Stopped(this ILogger logger);
}
