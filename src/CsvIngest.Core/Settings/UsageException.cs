namespace CsvIngest.Settings;

/// <summary>Wrong flags or settings. Exit code 64. The message says what was found and what is expected.</summary>
public sealed class UsageException(string message, Exception? inner = null) : Exception(message, inner);
