namespace CsvIngest.Settings;

/// <summary>The command line or a setting is wrong. The message says what was found and what is expected. Exit code 64.</summary>
public sealed class UsageException(string message, Exception? inner = null) : Exception(message, inner);
