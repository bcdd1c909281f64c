using Microsoft.Extensions.Logging;

namespace CsvIngest.Postgres;

/// <summary>All log messages of this project. Event IDs 4100 to 4199; 4102 is retired.</summary>
internal static partial class Log
{
    [LoggerMessage(4100, LogLevel.Debug, "Applied parts: {Parts}; rows: {Inserted} inserted, {Duplicate} duplicate, {Rejected} rejected")]
    public static partial void Applied(ILogger logger, int parts, int inserted, int duplicate, int rejected);

    [LoggerMessage(4101, LogLevel.Warning, "PostgreSQL rejected a row (SQLSTATE {SqlState}); searching for it (rows: {Rows})")]
    public static partial void RowRejected(ILogger logger, string sqlState, int rows);
}
