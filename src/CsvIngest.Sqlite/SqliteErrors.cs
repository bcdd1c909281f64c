using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace CsvIngest.Sqlite;

/// <summary>
/// Classifies SQLite's errors. The driver's own <c>IsTransient</c> is always false, hence the codes here.
/// </summary>
internal static class SqliteErrors
{
    /// <summary>Whether the same call may succeed later: locks, input and output, memory and disk space.</summary>
    public static bool IsTransientFailure(this SqliteException exception) => exception.SqliteErrorCode is
        raw.SQLITE_BUSY or raw.SQLITE_LOCKED or raw.SQLITE_IOERR or raw.SQLITE_FULL or raw.SQLITE_NOMEM
        or raw.SQLITE_INTERRUPT or raw.SQLITE_PROTOCOL or raw.SQLITE_SCHEMA;

    /// <summary>Whether another connection held the lock; this connection can be used further.</summary>
    public static bool IsBusy(this SqliteException exception) => exception.SqliteErrorCode == raw.SQLITE_BUSY;

    /// <summary>Whether the disk is full. It is waited for, like a broker's disk alarm.</summary>
    public static bool IsDiskFull(this SqliteException exception) => exception.SqliteErrorCode == raw.SQLITE_FULL;

    /// <summary>Whether the database rejects this row and would accept another one.</summary>
    public static bool RejectsRow(this SqliteException exception) => exception.SqliteErrorCode is
        raw.SQLITE_CONSTRAINT or raw.SQLITE_TOOBIG or raw.SQLITE_MISMATCH;

    /// <summary>Explains a failure that another attempt cannot survive.</summary>
    /// <param name="path">The database file.</param>
    /// <param name="nextStep">What to do if the file can be used but its contents are not as expected.</param>
    public static DeniedException ToDenied(this SqliteException exception, string path, string nextStep) =>
        new(Explanation(exception, path, nextStep), exception);

    private static string Explanation(SqliteException exception, string path, string nextStep) => exception.SqliteErrorCode switch
    {
        raw.SQLITE_CANTOPEN when Directory.Exists(path) => $"{path} is a folder; expected an SQLite file.",
        raw.SQLITE_CANTOPEN when Path.GetDirectoryName(path) is { Length: > 0 } folder && !Directory.Exists(folder) =>
            $"SQLite file {path} cannot be created: the folder {folder} does not exist. Create it, or name another file.",
        raw.SQLITE_CANTOPEN when !File.Exists(path) => $"SQLite file {path} does not exist and could not be created. {nextStep}",
        raw.SQLITE_CANTOPEN or raw.SQLITE_READONLY or raw.SQLITE_PERM or raw.SQLITE_AUTH =>
            $"SQLite file {path} cannot be written. This user needs write access to the file and its folder "
            + "(SQLite keeps a -wal and a -shm file beside it).",
        raw.SQLITE_NOTADB => $"{path} is not an SQLite database. Name another file, or move this one away.",
        raw.SQLITE_CORRUPT => $"SQLite file {path} is damaged ({FailureReason.Of(exception)}). Restore it from a backup.",
        _ => $"SQLite file {path}: {FailureReason.Of(exception)} {nextStep}",
    };
}
