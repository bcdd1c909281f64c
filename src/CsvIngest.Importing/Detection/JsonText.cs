using System.Text.Json;

namespace CsvIngest.Importing.Detection;

/// <summary>Tells JSON from CSV files whose first column has a name such as <c>{id}</c> or <c>[id]</c>.</summary>
internal static class JsonText
{
    /// <summary>How much of the text is parsed. A guess: a CSV file fails after some characters.</summary>
    private const int MaxTokens = 100;

    /// <summary>Whether the text is JSON as far as it is parsed: an object or array, or several, one per line.</summary>
    /// <param name="text">The start of the text, without white space before it.</param>
    public static bool IsStartOf(ReadOnlySpan<byte> text)
    {
        if (text is not [(byte)'{' or (byte)'[', ..])
        {
            return false;
        }

        var reader = new Utf8JsonReader(text, isFinalBlock: false, default);
        var tokens = 0;
        try
        {
            while (tokens < MaxTokens && reader.Read())
            {
                tokens++;
                if (reader.CurrentDepth == 0 && reader.TokenType is JsonTokenType.EndObject or JsonTokenType.EndArray)
                {
                    var rest = text[(int)reader.BytesConsumed..].TrimStart(" \t\r\n"u8);
                    return rest.IsEmpty || rest[0] is (byte)'{' or (byte)'[';
                }
            }
        }
        catch (JsonException)
        {
            return false;
        }

        // One bracket alone proves nothing.
        return tokens > 1;
    }
}
