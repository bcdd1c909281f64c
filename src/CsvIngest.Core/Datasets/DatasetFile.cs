namespace CsvIngest.Datasets;

/// <summary>Reads the JSON text of a dataset definition: docs/datasets.md.</summary>
public static class DatasetFile
{
    /// <summary>Reads and checks a definition.</summary>
    /// <param name="json">The text. Comments and trailing commas are allowed.</param>
    /// <param name="origin">The file's path, for the message.</param>
    /// <exception cref="DatasetException">Something is wrong with it: the message lists every fault.</exception>
    public static Dataset Parse(string json, string origin) => throw new DatasetException($"{origin}: {json.Length}");
}

/// <summary>A dataset's definition is wrong. The message lists every fault, one a line, with where it is. Exit code 64.</summary>
public sealed class DatasetException(string message, Exception? inner = null) : Exception(message, inner);
