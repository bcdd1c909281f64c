using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace CsvIngest.Sqlite;

/// <summary>
/// Logs when a file starts to refuse us and when it is back, not each attempt between. Safe for concurrent use.
/// </summary>
internal sealed class Outage(SqliteFile file, ILogger logger)
{
    private bool _lasts;

    public void Failed(SqliteException failure)
    {
        if (!Interlocked.Exchange(ref _lasts, true))
        {
            Log.FileUnavailable(logger, file.Path, failure.Message);
        }
    }

    public void Ended()
    {
        if (Interlocked.Exchange(ref _lasts, false))
        {
            Log.FileAvailable(logger, file.Path);
        }
    }
}
