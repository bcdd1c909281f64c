using Microsoft.Extensions.Logging;

namespace CsvIngest.Postgres;

/// <summary>All log messages of this project. Event IDs 4100 to 4199; 4102 is retired.</summary>
internal static partial class Log
{
    [LoggerMessage(4100, LogLevel.Debug, "Applied parts: {Parts}; rows: {Inserted} inserted, {Duplicate} duplicate, {Rejected} rejected")]
    public static partial void Applied(ILogger logger, int parts, int inserted, int duplicate, int rejected);

    [LoggerMessage(4101, LogLevel.Warning, "PostgreSQL rejected a row (SQLSTATE {SqlState}); searching for it (rows: {Rows})")]
    public static partial void RowRejected(ILogger logger, string sqlState, int rows);

    [LoggerMessage(4103, LogLevel.Debug, "COPY refused the rows of a transaction, which is repeated without it: {Reason}")]
    public static partial void CopyRefused(ILogger logger, string reason);

    [LoggerMessage(4104, LogLevel.Debug, "Rows go into table {Table} without COPY: {Reason}")]
    public static partial void CopyOff(ILogger logger, string table, string reason);

    [LoggerMessage(4105, LogLevel.Debug, "Rows go into table {Table} by COPY again")]
    public static partial void CopyOn(ILogger logger, string table);

    [LoggerMessage(
        4106,
        LogLevel.Warning,
        "The certificate of {Database} is not verified: sslrootcert has no effect without sslmode=verify-full, verify-ca or require")]
    public static partial void IssuersIgnored(ILogger logger, string database);
}
