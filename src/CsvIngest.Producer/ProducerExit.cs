using System.Globalization;
using CsvIngest.Producer.Importing;
using CsvIngest.Producer.Reporting;
using CsvIngest.Importing.Sources;

namespace CsvIngest.Producer;

/// <summary>The producer's own failures, beside those that <see cref="Exit"/> knows.</summary>
internal static class ProducerExit
{
    /// <summary>Writes what went wrong with an input and how to go on, and says which exit code that is.</summary>
    /// <param name="failure">What ended its import.</param>
    /// <param name="summary">What had become of the input by then.</param>
    /// <param name="verbose">Whether to show the stack trace.</param>
    /// <param name="error">Standard error.</param>
    public static int Report(Exception failure, ImportSummary summary, bool verbose, TextWriter error)
    {
        var program = $"producer: {summary.Source}";
        var code = failure is FileInUseException or FileChangedException
            ? Report(failure, program, error)
            : Exit.Report(failure, program, verbose, error);
        if (code is ExitCodes.TryAgain or ExitCodes.Interrupted && summary.IsResumable)
        {
            error.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{program}: {summary.RowsConfirmed:N0} rows are confirmed so far; run the same command again to go on after them"));
        }

        return code;
    }

    private static int Report(Exception failure, string program, TextWriter error)
    {
        error.WriteLine($"{program}: {failure.Message}");
        return ExitCodes.TryAgain;
    }
}
