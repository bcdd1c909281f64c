namespace CsvIngest;

/// <summary>
/// A server is there but has denied what we asked for, and trying again will not help: wrong credentials, a queue of another type, a
/// database without migrations. Exit code 69. The message is for people: what failed, where, found and expected, next step.
/// </summary>
public class DeniedException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>
/// A server has refused a login: the credentials are wrong, or no longer right. Adapters throw it to
/// <see cref="Settings.RenewableAddress{T}.ConnectAsync"/>, which looks for other credentials.
/// </summary>
public sealed class LoginRefusedException(string message, Exception? inner = null) : DeniedException(message, inner);

/// <summary>The broker is unavailable: it cannot be reached or does not answer. Exit code 75: the same command may work later.</summary>
public sealed class BrokerUnavailableException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The database is unavailable, or failed in a way that the same call may survive later. Exit code 75.</summary>
public sealed class StoreUnavailableException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>A file cannot be imported as it is. Exit code 65.</summary>
/// <param name="message">What was found and what is expected, in whole sentences that name no flag.</param>
/// <param name="inner">What caused it.</param>
/// <param name="remedies">The options with which it might be imported; a front end puts them into words after the message.</param>
public sealed class UnusableFileException(string message, Exception? inner = null, params IReadOnlyList<Remedy> remedies)
    : Exception(message, inner)
{
    /// <summary>The options with which the file might be imported; empty where none helps.</summary>
    public IReadOnlyList<Remedy> Remedies { get; } = remedies;
}

/// <summary>Another producer is importing the file. Exit code 75: it can be imported once the other one has ended.</summary>
public sealed class FileInUseException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The file changed while it was being imported. Exit code 75: it can be imported once it is complete.</summary>
public sealed class FileChangedException(string message, Exception? inner = null) : Exception(message, inner);
