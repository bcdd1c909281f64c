using Microsoft.Extensions.Logging;

namespace CsvIngest.Postgres;

/// <summary>All log messages of this project. Event ids 4100 to 4199.</summary>
internal static partial class Log
{
    [LoggerMessage(4100, LogLevel.Debug, "Applied {Parts} parts: {Inserted} rows inserted, {Duplicates} duplicate, {Rejected} rejected")]
    public static partial void Applied(ILogger logger, int parts, int inserted, int duplicates, int rejected);

    [LoggerMessage(4101, LogLevel.Warning, "PostgreSQL refused a row (SQLSTATE {SqlState}); looking for it among {Rows} rows")]
    public static partial void RowRejected(ILogger logger, string sqlState, int rows);

    [LoggerMessage(4102, LogLevel.Debug, "Migrated {Database}: {Done}")]
    public static partial void Migrated(ILogger logger, string database, string done);
}
