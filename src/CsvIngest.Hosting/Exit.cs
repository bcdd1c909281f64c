using CsvIngest.Datasets;
using CsvIngest.Settings;

namespace CsvIngest.Hosting;

/// <summary>Turns what ended a program into its exit code and its last words.</summary>
public static class Exit
{
    /// <summary>Writes what went wrong and returns the exit code.</summary>
    /// <param name="failure">What ended the program.</param>
    /// <param name="prefix">The program's name, and what it was working on.</param>
    /// <param name="verbose">Whether to include the stack trace. Without it, an internal error shows its type only.</param>
    /// <param name="error">Standard error.</param>
    /// <param name="message">The failure's message where a program extends it, such as by options to use; null for its own.</param>
    /// <returns>One of <see cref="ExitCodes"/>.</returns>
    public static int Report(Exception failure, string prefix, bool verbose, TextWriter error, string? message = null)
    {
        var code = CodeOf(failure);
        error.WriteLine($"{DisplayText.OneLine(prefix)}: {DisplayText.Lines(LastWords(failure, message))}");
        if (verbose)
        {
            error.WriteLine(DisplayText.Lines(failure.ToString()));
        }

        return code;
    }

    /// <summary>What to tell people about a failure.</summary>
    /// <param name="failure">What ended the program, or an import.</param>
    /// <param name="message">The failure's message where a program extends it; null for its own.</param>
    public static string LastWords(Exception failure, string? message = null) => CodeOf(failure) switch
    {
        ExitCodes.Interrupted => "interrupted",
        // The message of an unexpected exception may contain a row's value.
        ExitCodes.InternalError => $"internal error ({failure.GetType().Name}). Re-run with --verbose for details and please report it.",
        _ => message ?? FailureReason.InFull(failure),
    };

    /// <summary>The exit code of a failure.</summary>
    public static int CodeOf(Exception failure) => failure switch
    {
        OperationCanceledException => ExitCodes.Interrupted,
        UsageException or DatasetException or ImportOptionsException => ExitCodes.Usage,
        UnusableFileException => ExitCodes.DataError,
        DeniedException => ExitCodes.Denied,
        BrokerUnavailableException or StoreUnavailableException or FileInUseException or FileChangedException => ExitCodes.TryAgain,
        FileNotFoundException or DirectoryNotFoundException => ExitCodes.NoInput,
        IOException or UnauthorizedAccessException => ExitCodes.IoError,
        _ => ExitCodes.InternalError,
    };
}
