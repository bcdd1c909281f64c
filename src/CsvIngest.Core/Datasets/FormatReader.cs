using System.Text.Json;
using CsvIngest.Values;

namespace CsvIngest.Datasets;

/// <summary>
/// Reads how the values of a column are written: the properties <c>format</c>, <c>decimal</c>, <c>group</c>, <c>true</c> and <c>false</c>.
/// </summary>
internal static class FormatReader
{
    /// <summary>What can separate groups of digits. A letter or a sign could not be told from the rest of a number.</summary>
    private const string GroupMarks = "., '_";

    private const string DecimalMarks = ".,";

    /// <summary>The format of a column; null if it has none.</summary>
    /// <param name="properties">The properties of the column.</param>
    /// <param name="path">Where the column is.</param>
    /// <param name="type">The type of the column; null if it is not valid, so that nothing can be said about the format.</param>
    /// <param name="errors">Receives what is wrong.</param>
    public static ValueFormat? Read(
        Dictionary<string, JsonElement> properties, string path, ColumnType? type, DefinitionErrors errors)
    {
        if (type is null)
        {
            return null;
        }

        Reject("format", "only date and timestamp columns may have a format", ColumnType.Date, ColumnType.Timestamp);
        Reject("decimal", "only decimal columns may have a decimal mark", ColumnType.Decimal);
        Reject("group", "only integer and decimal columns may have a group separator", ColumnType.Integer, ColumnType.Decimal);
        Reject("true", "only boolean columns may have words", ColumnType.Boolean);
        Reject("false", "only boolean columns may have words", ColumnType.Boolean);
        return type switch
        {
            ColumnType.Date or ColumnType.Timestamp => ReadDates(properties, $"{path}.format", type.Value, errors),
            ColumnType.Integer or ColumnType.Decimal => ReadNumbers(properties, path, type.Value, errors),
            ColumnType.Boolean => ReadWords(properties, path, errors),
            _ => null,
        };

        void Reject(string property, string reason, params ReadOnlySpan<ColumnType> types)
        {
            if (properties.ContainsKey(property) && !types.Contains(type.Value))
            {
                errors.Add($"{path}.{property}", reason);
            }
        }
    }

    private static DateFormats? ReadDates(
        Dictionary<string, JsonElement> properties, string path, ColumnType type, DefinitionErrors errors)
    {
        if (!properties.TryGetValue("format", out var element))
        {
            return null;
        }

        var texts = element.ValueKind == JsonValueKind.String ? [element.GetString()!] : DefinitionReader.ReadStrings(element, path, errors);
        if (texts.Count == 0 && element.ValueKind == JsonValueKind.Array)
        {
            errors.Add(path, "must contain at least one format");
        }

        var patterns = new List<DatePattern>();
        foreach (var text in texts)
        {
            if (DatePattern.TryParse(text, type, out var fault) is { } pattern)
            {
                patterns.Add(pattern);
            }
            else
            {
                errors.Add(path, $"\"{text}\": {fault}");
            }
        }

        CheckAmbiguity(patterns, path, errors);
        return patterns.Count == 0 ? null : new DateFormats(type, patterns);
    }

    private static void CheckAmbiguity(List<DatePattern> patterns, string path, DefinitionErrors errors)
    {
        for (var i = 0; i < patterns.Count; i++)
        {
            foreach (var other in patterns[(i + 1)..])
            {
                if (DatePattern.FindAmbiguity(patterns[i], other) is { } example)
                {
                    errors.Add(path, $"\"{patterns[i].Text}\" and \"{other.Text}\" are ambiguous: {example} would have a different meaning in each");
                }
            }
        }
    }

    private static NumberFormat? ReadNumbers(
        Dictionary<string, JsonElement> properties, string path, ColumnType type, DefinitionErrors errors)
    {
        var decimalMark = type == ColumnType.Decimal ? ReadMark(properties, path, "decimal", DecimalMarks, errors) : null;
        var group = ReadMark(properties, path, "group", GroupMarks, errors);
        if (decimalMark is null && group is null)
        {
            return null;
        }

        if (type == ColumnType.Decimal && group == (decimalMark ?? '.'))
        {
            errors.Add(
                $"{path}.group",
                decimalMark is null ? "is the decimal mark, unless \"decimal\" is another one" : "must not be the decimal mark");
        }

        return new NumberFormat(type, decimalMark ?? '.', group);
    }

    private static char? ReadMark(
        Dictionary<string, JsonElement> properties, string path, string name, string allowed, DefinitionErrors errors)
    {
        if (!properties.TryGetValue(name, out var element))
        {
            return null;
        }

        if (element.ValueKind == JsonValueKind.String && element.GetString() is [var mark] && allowed.Contains(mark, StringComparison.Ordinal))
        {
            return mark;
        }

        errors.Add($"{path}.{name}", $"must be one of {string.Join(" ", allowed.Select(each => $"\"{each}\""))}");
        return null;
    }

    private static BooleanWords? ReadWords(Dictionary<string, JsonElement> properties, string path, DefinitionErrors errors)
    {
        var trueWords = ReadWords(properties, $"{path}.true", "true", errors);
        var falseWords = ReadWords(properties, $"{path}.false", "false", errors);
        if (trueWords is null && falseWords is null)
        {
            return null;
        }

        var words = new BooleanWords(trueWords ?? BooleanWords.UsualTrue, falseWords ?? BooleanWords.UsualFalse);
        foreach (var word in words.True.Intersect(words.False, StringComparer.OrdinalIgnoreCase))
        {
            errors.Add(
                trueWords is null ? $"{path}.false" : $"{path}.true",
                $"\"{word}\" means true and false{(trueWords is null || falseWords is null ? "; list the words of both" : "")}");
        }

        return words;
    }

    private static IReadOnlyList<string>? ReadWords(
        Dictionary<string, JsonElement> properties, string path, string name, DefinitionErrors errors)
    {
        if (!properties.TryGetValue(name, out var element))
        {
            return null;
        }

        var words = DefinitionReader.ReadStrings(element, path, errors);
        if (words.Count == 0 && element.ValueKind == JsonValueKind.Array)
        {
            errors.Add(path, "must contain at least one word");
        }

        if (words.Any(word => word.Length is 0 or > BooleanWords.MaxLength || word.Trim() != word))
        {
            errors.Add(path, $"a word must have 1 to {BooleanWords.MaxLength} characters, and none that is white space at its start or end");
        }

        return words;
    }
}
