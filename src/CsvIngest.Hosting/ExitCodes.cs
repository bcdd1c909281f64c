namespace CsvIngest.Hosting;

/// <summary>The exit codes of the programs. From 64 on, they follow sysexits.h.</summary>
public static class ExitCodes
{
    /// <summary>Success. Rejected rows are reported, but are not an error.</summary>
    public const int Done = 0;

    /// <summary>
    /// The answer is no. <c>status</c>: an import is incomplete, messages wait or are dead-lettered, or the broker could not be asked.
    /// <c>undo</c>: the import does not exist or is not complete. <c>health</c>: the program is not ready.
    /// </summary>
    public const int Incomplete = 1;

    /// <summary><c>producer --fail-on-rejects</c> only: the imports are done, and rows were rejected.</summary>
    public const int RowsRejected = 2;

    /// <summary>The command line or a setting is wrong.</summary>
    public const int Usage = 64;

    /// <summary>The file is unusable, or more rows were rejected than allowed.</summary>
    public const int DataError = 65;

    /// <summary>The file does not exist.</summary>
    public const int NoInput = 66;

    /// <summary>The broker or the database has denied what was asked for.</summary>
    public const int Denied = 69;

    /// <summary>Internal error.</summary>
    public const int InternalError = 70;

    /// <summary>A file could not be read or written.</summary>
    public const int IoError = 74;

    /// <summary>Temporary failure: try again later. An import resumes.</summary>
    public const int TryAgain = 75;

    /// <summary>
    /// <c>consumer --drain</c> only: it has dead-lettered messages, which it cannot process. The EX_PROTOCOL of sysexits.h: the other side
    /// sent what this one does not accept.
    /// </summary>
    public const int DeadLettered = 76;

    /// <summary>Interrupted. An import resumes.</summary>
    public const int Interrupted = 130;
}
