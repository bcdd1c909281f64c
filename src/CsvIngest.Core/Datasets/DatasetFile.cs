using System.Text.Json;

namespace CsvIngest.Datasets;

/// <summary>Parses the JSON text of a dataset definition; see docs/datasets.md.</summary>
public static class DatasetFile
{
    private static readonly JsonDocumentOptions Options =
        new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    /// <summary>Parses and checks a definition.</summary>
    /// <param name="json">The text of the definition. Comments and trailing commas are allowed.</param>
    /// <param name="origin">The path of the file, for error messages.</param>
    /// <exception cref="DatasetException">The definition is invalid. The message lists every error.</exception>
    public static Dataset Parse(string json, string origin)
    {
        var errors = new DefinitionErrors();
        try
        {
            using var document = JsonDocument.Parse(json, Options);
            var dataset = DefinitionReader.Read(document.RootElement, errors);
            DefinitionRules.Check(dataset, errors);
            return errors.None ? dataset : throw new DatasetException(errors.Describe(origin));
        }
        catch (JsonException exception)
        {
            throw new DatasetException(
                $"{origin} line {exception.LineNumber + 1}: not valid JSON: {FailureReason.Of(exception).Split(" LineNumber:")[0]}", exception);
        }
        catch (InvalidOperationException exception)
        {
            // The parser checks \u escapes only when the string is read.
            throw new DatasetException($"{origin}: not valid JSON: a string contains half of a surrogate pair", exception);
        }
    }
}

/// <summary>A dataset definition is invalid. The message lists every error with its location, one per line. Exit code 64.</summary>
public sealed class DatasetException(string message, Exception? inner = null) : Exception(message, inner);
