using System.Text.Json;

namespace CsvIngest.Datasets;

/// <summary>Reads the JSON text of a dataset definition: docs/datasets.md.</summary>
public static class DatasetFile
{
    private static readonly JsonDocumentOptions Options =
        new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    /// <summary>Reads and checks a definition.</summary>
    /// <param name="json">The text. Comments and trailing commas are allowed.</param>
    /// <param name="origin">The file's path, for the message.</param>
    /// <exception cref="DatasetException">Something is wrong with it: the message lists every fault.</exception>
    public static Dataset Parse(string json, string origin)
    {
        var faults = new DefinitionErrors();
        try
        {
            using var document = JsonDocument.Parse(json, Options);
            var dataset = DefinitionReader.Read(document.RootElement, faults);
            DefinitionRules.Check(dataset, faults);
            return faults.None ? dataset : throw new DatasetException(faults.Describe(origin));
        }
        catch (JsonException exception)
        {
            throw new DatasetException(
                $"{origin} line {exception.LineNumber + 1}: not JSON: {exception.Message.Split(" LineNumber:")[0]}", exception);
        }
        catch (InvalidOperationException exception)
        {
            // The parser checks \u escapes only when a text is asked for.
            throw new DatasetException($"{origin}: not JSON: half of a surrogate pair in a text", exception);
        }
    }
}

/// <summary>A dataset's definition is wrong. The message lists every fault, one a line, with where it is. Exit code 64.</summary>
public sealed class DatasetException(string message, Exception? inner = null) : Exception(message, inner);
