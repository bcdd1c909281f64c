namespace CsvIngest.Importing;

/// <summary>A file that an import writes beside its messages cannot be written. Exit code 74.</summary>
/// <param name="message">Which file, and why.</param>
/// <param name="inner">What caused it.</param>
/// <param name="remedy">The option that avoids it.</param>
public sealed class UnwritableFileException(string message, Exception? inner, Remedy remedy) : IOException(message, inner)
{
    /// <summary>The option that avoids it.</summary>
    public Remedy Remedy { get; } = remedy;
}
