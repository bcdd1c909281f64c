using CsvIngest.Producer.Importing;
using CsvIngest.Producer.Sources;

namespace CsvIngest.Producer;

/// <summary>The producer's own failures, beside those that <see cref="Exit"/> knows.</summary>
internal static class ProducerExit
{
    /// <summary>Writes what went wrong, and says which exit code that is.</summary>
    public static int Report(Exception failure, bool verbose, TextWriter error)
    {
        if (failure is not (FileInUseException or FileChangedException))
        {
            return Exit.Report(failure, "producer", verbose, error);
        }

        error.WriteLine($"producer: {failure.Message}");
        return ExitCodes.TryAgain;
    }
}
