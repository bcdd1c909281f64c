using Microsoft.Extensions.Logging;

namespace CsvIngest.Consumer;

/// <summary>Every log message of the consumer: event ids 2000 to 2999, never reused.</summary>
internal static partial class Log
{
    [LoggerMessage(2001, LogLevel.Information, "Consuming from {Broker} into {Database} (parallel workers: {Workers}, prefetched messages: {PrefetchMessages})")]
    public static partial void Started(this ILogger logger, string broker, string database, int workers, int prefetchMessages);

    [LoggerMessage(2002, LogLevel.Information, "Stopped after {Seconds:F1} s; rows: {Inserted} inserted, {Duplicate} duplicate, {Rejected} rejected; messages: {Redelivered} redelivered, {AlreadyApplied} of them already applied, {DeadLettered} dead-lettered")]
    public static partial void Stopped(
        this ILogger logger,
        long inserted,
        long duplicate,
        long rejected,
        long redelivered,
        long alreadyApplied,
        long deadLettered,
        double seconds);

    [LoggerMessage(2003, LogLevel.Debug, "Applied messages: {Messages}, rows: {Rows}")]
    public static partial void BatchApplied(this ILogger logger, int messages, int rows);

    [LoggerMessage(2004, LogLevel.Error, "Dead-lettered a message ({Reason}): {Detail}")]
    public static partial void DeadLettered(this ILogger logger, string reason, string detail);

    [LoggerMessage(2005, LogLevel.Warning, "Database {Database} unavailable, retrying: {Reason}")]
    public static partial void DatabaseUnavailable(this ILogger logger, string database, string reason);

    [LoggerMessage(2006, LogLevel.Warning, "Database {Database} still unavailable after {Seconds} s: {Reason}")]
    public static partial void DatabaseStillUnavailable(this ILogger logger, string database, long seconds, string reason);

    [LoggerMessage(2007, LogLevel.Information, "Database {Database} available again after {Seconds:F1} s")]
    public static partial void DatabaseAvailable(this ILogger logger, string database, double seconds);

    [LoggerMessage(2008, LogLevel.Warning, "Stopped before the database had answered; unsettled messages return to the queue")]
    public static partial void StoppedBeforeDatabaseAnswered(this ILogger logger);

    [LoggerMessage(2009, LogLevel.Warning, "{Failure}; retrying for up to {Seconds} s")]
    public static partial void WaitingForServer(this ILogger logger, string failure, int seconds);

    [LoggerMessage(2010, LogLevel.Warning, "{Failure}; retrying until the time is up")]
    public static partial void StatusWaits(this ILogger logger, string failure);

    [LoggerMessage(2011, LogLevel.Warning, "Cannot read the rejected and duplicate rows: {Failure}")]
    public static partial void NoDetails(this ILogger logger, string failure);

    [LoggerMessage(2012, LogLevel.Warning, "Cannot count the messages at the broker: {Failure}")]
    public static partial void MessagesUnknown(this ILogger logger, string failure);

    [LoggerMessage(2013, LogLevel.Error, "Messages were dead-lettered and are not stored: {Messages}; `consumer dead-letters list` shows why")]
    public static partial void DrainedButDeadLettered(this ILogger logger, long messages);

    [LoggerMessage(2014, LogLevel.Warning, "{Warning}")]
    public static partial void DraftUncertain(this ILogger logger, string warning);

    [LoggerMessage(2015, LogLevel.Warning, "{Rows} rows cannot be read and are not considered; a dry run of the producer shows why")]
    public static partial void DraftRowsSkipped(this ILogger logger, long rows);

    [LoggerMessage(2018, LogLevel.Warning, "Built-in dataset {Dataset} cannot be used with this database: {Reason}")]
    public static partial void DatasetLeftOut(this ILogger logger, string dataset, string reason);

    [LoggerMessage(2016, LogLevel.Information, "Totals of {Sum} by {By} in {Dataset}: {Totals}")]
    public static partial void TotalsChanged(this ILogger logger, string sum, string by, string dataset, string totals);

    [LoggerMessage(2017, LogLevel.Warning, "Cannot read the totals that have changed: {Failure}")]
    public static partial void TotalsNotLogged(this ILogger logger, string failure);
}
