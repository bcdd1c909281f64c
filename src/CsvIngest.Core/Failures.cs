namespace CsvIngest;

/// <summary>
/// The surroundings are there but refuse us, and trying again will not help: wrong credentials, a queue of another type, a
/// database without migrations. Exit code 69. The message is for people: what failed, where, found and expected, next step.
/// </summary>
public sealed class DeniedException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The broker cannot be reached, or answers nothing, now. Exit code 75: the same command may work later.</summary>
public sealed class BrokerUnavailableException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The database cannot be reached, or failed in a way that the same call may survive later. Exit code 75.</summary>
public sealed class StoreUnavailableException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>A file cannot be imported as it is. Exit code 65.</summary>
/// <param name="message">What was found and what is expected, in whole sentences that name no flag.</param>
/// <param name="inner">What it came from.</param>
/// <param name="remedies">The options with which it might be imported; a front end puts them into words after the message.</param>
public sealed class UnusableFileException(string message, Exception? inner = null, params IReadOnlyList<Remedy> remedies)
    : Exception(message, inner)
{
    /// <summary>The options with which the file might be imported; empty where none helps.</summary>
    public IReadOnlyList<Remedy> Remedies { get; } = remedies;
}

/// <summary>How the programs end (sysexits.h).</summary>
public static class ExitCodes
{
    /// <summary>Done. Rejected rows are reported, not an error.</summary>
    public const int Done = 0;

    /// <summary><c>status</c> only: an import is not complete.</summary>
    public const int Incomplete = 1;

    /// <summary>Wrong flags or settings.</summary>
    public const int Usage = 64;

    /// <summary>The file is not usable, or more rows were rejected than allowed.</summary>
    public const int DataError = 65;

    /// <summary>No such file.</summary>
    public const int NoInput = 66;

    /// <summary>The broker or the database refuses us.</summary>
    public const int Denied = 69;

    /// <summary>A bug.</summary>
    public const int Bug = 70;

    /// <summary>A file could not be read or written.</summary>
    public const int IoError = 74;

    /// <summary>Try again later; an import resumes.</summary>
    public const int TryAgain = 75;

    /// <summary>Interrupted; an import resumes.</summary>
    public const int Interrupted = 130;
}
