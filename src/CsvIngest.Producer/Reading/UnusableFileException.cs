namespace CsvIngest.Producer.Reading;

/// <summary>
/// The file cannot be read as a table at all. Exit code 65. The message is for people: what was found, what was expected, the
/// next step. It does not name the file and holds no values.
/// </summary>
internal sealed class UnusableFileException(string message) : Exception(message);

/// <summary>A setting about reading is wrong. Exit code 64. The message names the flag.</summary>
internal sealed class ReadingOptionException(string message) : Exception(message);
