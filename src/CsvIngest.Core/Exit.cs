using CsvIngest.Datasets;
using CsvIngest.Settings;

namespace CsvIngest;

/// <summary>Turns what ended a program into its exit code and its last words.</summary>
public static class Exit
{
    /// <summary>Writes what went wrong, for people, and says which exit code that is.</summary>
    /// <param name="failure">What ended the program.</param>
    /// <param name="program">The program's name.</param>
    /// <param name="verbose">Whether to show the stack trace; without it only a bug shows its type.</param>
    /// <param name="error">Standard error.</param>
    /// <returns>One of <see cref="ExitCodes"/>.</returns>
    public static int Report(Exception failure, string program, bool verbose, TextWriter error)
    {
        var code = CodeOf(failure);
        var message = code switch
        {
            ExitCodes.Interrupted => "interrupted",
            ExitCodes.Bug => $"a bug: {failure.GetType().Name} (run again with --verbose to see where, and please report it)",
            _ => failure.Message,
        };
        error.WriteLine(verbose ? $"{program}: {message}\n{failure}" : $"{program}: {message}");
        return code;
    }

    /// <summary>The exit code of a failure.</summary>
    public static int CodeOf(Exception failure) => failure switch
    {
        OperationCanceledException => ExitCodes.Interrupted,
        UsageException or DatasetException or ImportOptionsException => ExitCodes.Usage,
        UnusableFileException or BindingException => ExitCodes.DataError,
        DeniedException => ExitCodes.Denied,
        BrokerUnavailableException or StoreUnavailableException => ExitCodes.TryAgain,
        FileNotFoundException or DirectoryNotFoundException => ExitCodes.NoInput,
        IOException or UnauthorizedAccessException => ExitCodes.IoError,
        _ => ExitCodes.Bug,
    };
}
