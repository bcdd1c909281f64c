using System.Text.Json;
using System.Text.RegularExpressions;

namespace CsvIngest.Datasets;

/// <summary>The shape of a dataset definition: properties, their kinds of value, nothing unknown and nothing twice.</summary>
internal static class DefinitionReader
{
    /// <summary>docs/datasets.md lists them in this order; a test compares.</summary>
    public static readonly string[] DatasetProperties = ["name", "table", "key", "columns", "extraColumns"];

    /// <summary>Likewise.</summary>
    public static readonly string[] ColumnProperties =
        ["type", "required", "headers", "combine", "maxLength", "pattern", "trim"];

    /// <summary>Every type by the name that definitions call it.</summary>
    public static IReadOnlyDictionary<string, ColumnType> Types { get; } =
        Enum.GetValues<ColumnType>().ToDictionary(type => type.ToString().ToLowerInvariant(), StringComparer.Ordinal);

    /// <summary>What could be read; of use only when there are no faults.</summary>
    public static Dataset Read(JsonElement root, DefinitionErrors faults)
    {
        var properties = ReadObject(root, "", DatasetProperties, faults);
        var name = ReadString(properties, "name", "name", faults);
        var table = ReadString(properties, "table", "table", faults);
        if (!properties.ContainsKey("name"))
        {
            faults.Add("name", "missing");
        }

        return new Dataset(
            name ?? "",
            table ?? name ?? "",
            ReadString(properties, "key", "key", faults),
            ReadColumns(properties, faults),
            ReadString(properties, "extraColumns", "extraColumns", faults));
    }

    private static List<Column> ReadColumns(Dictionary<string, JsonElement> properties, DefinitionErrors faults)
    {
        if (!properties.TryGetValue("columns", out var columns))
        {
            faults.Add("columns", "missing");
            return [];
        }

        var read = ReadObject(columns, "columns", known: null, faults)
            .Select(column => ReadColumn(column.Key, column.Value, faults))
            .ToList();
        if (read.Count == 0 && columns.ValueKind == JsonValueKind.Object)
        {
            faults.Add("columns", "must name at least one column");
        }

        return read;
    }

    private static Column ReadColumn(string name, JsonElement element, DefinitionErrors faults)
    {
        var path = $"columns.{name}";
        var properties = ReadObject(element, path, ColumnProperties, faults);
        var type = ReadType(properties, path, faults);
        var trim = ReadBoolean(properties, path, "trim", faults);
        if (type != ColumnType.Text && trim == false)
        {
            faults.Add($"{path}.trim", "only text can stay untrimmed");
        }

        return new Column(
            name,
            type ?? ColumnType.Text,
            ReadBoolean(properties, path, "required", faults) ?? false,
            properties.TryGetValue("headers", out var headers) ? ReadStrings(headers, $"{path}.headers", faults) : null,
            ReadMaxLength(properties, path, type, faults),
            ReadPattern(properties, path, faults),
            trim ?? type != ColumnType.Text,
            ReadCombine(properties, path, type, faults));
    }

    private static ColumnType? ReadType(Dictionary<string, JsonElement> properties, string path, DefinitionErrors faults)
    {
        if (!properties.ContainsKey("type"))
        {
            faults.Add($"{path}.type", $"missing; one of {string.Join(", ", Types.Keys)}");
            return null;
        }

        if (ReadString(properties, "type", $"{path}.type", faults) is not { } name)
        {
            return null;
        }

        if (Types.TryGetValue(name, out var type))
        {
            return type;
        }

        faults.Add($"{path}.type", $"\"{name}\" is no type; one of {string.Join(", ", Types.Keys)}");
        return null;
    }

    private static int? ReadMaxLength(
        Dictionary<string, JsonElement> properties, string path, ColumnType? type, DefinitionErrors faults)
    {
        if (!properties.TryGetValue("maxLength", out var element))
        {
            return null;
        }

        if (type is not (null or ColumnType.Text or ColumnType.Email))
        {
            faults.Add($"{path}.maxLength", "only text and email have a maxLength");
        }

        if (element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out var length) && length >= 1)
        {
            return length;
        }

        faults.Add($"{path}.maxLength", "must be a whole number of characters, at least 1");
        return null;
    }

    private static Regex? ReadPattern(Dictionary<string, JsonElement> properties, string path, DefinitionErrors faults)
    {
        if (ReadString(properties, "pattern", $"{path}.pattern", faults) is not { } pattern)
        {
            return null;
        }

        try
        {
            // Linear time whatever the value: files come from strangers. The pattern alone first: "a)|(b" must not pass
            // because of what is put around it.
            const RegexOptions Options = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant;
            _ = new Regex(pattern, Options);
            return new Regex($@"\A(?:{pattern})\z", Options);
        }
        catch (ArgumentException exception)
        {
            faults.Add($"{path}.pattern", $"no regular expression: {exception.Message}");
        }
        catch (NotSupportedException exception)
        {
            faults.Add(
                $"{path}.pattern",
                $"look-around, back references and very large repetitions are not available: {exception.Message}");
        }

        return null;
    }

    private static IReadOnlyList<IReadOnlyList<string>>? ReadCombine(
        Dictionary<string, JsonElement> properties, string path, ColumnType? type, DefinitionErrors faults)
    {
        if (!properties.TryGetValue("combine", out var element))
        {
            return null;
        }

        path += ".combine";
        if (type is not (null or ColumnType.Text))
        {
            faults.Add(path, "only a text can be combined from two columns");
        }

        if (element.ValueKind != JsonValueKind.Array || element.GetArrayLength() != 2)
        {
            faults.Add(path, "must be two lists of header names");
            return null;
        }

        return [.. element.EnumerateArray().Select((part, index) => ReadStrings(part, $"{path}[{index}]", faults))];
    }

    private static Dictionary<string, JsonElement> ReadObject(
        JsonElement element, string path, string[]? known, DefinitionErrors faults)
    {
        var properties = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        if (element.ValueKind != JsonValueKind.Object)
        {
            faults.Add(path, "must be an object: { … }");
            return properties;
        }

        foreach (var property in element.EnumerateObject())
        {
            var where = path.Length == 0 ? property.Name : $"{path}.{property.Name}";
            if (!properties.TryAdd(property.Name, property.Value))
            {
                faults.Add(where, "stands twice");
            }
            else if (known?.Contains(property.Name, StringComparer.Ordinal) == false)
            {
                faults.Add(where, $"unknown; known are {string.Join(", ", known)}");
            }
        }

        return properties;
    }

    private static string? ReadString(
        Dictionary<string, JsonElement> properties, string name, string path, DefinitionErrors faults)
    {
        if (!properties.TryGetValue(name, out var element) || element.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        if (element.ValueKind == JsonValueKind.String && element.GetString() is { Length: > 0 } text)
        {
            return text;
        }

        faults.Add(path, "must be a text in quotes, and not empty");
        return null;
    }

    private static bool? ReadBoolean(
        Dictionary<string, JsonElement> properties, string path, string name, DefinitionErrors faults)
    {
        if (!properties.TryGetValue(name, out var element))
        {
            return null;
        }

        if (element.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return element.GetBoolean();
        }

        faults.Add($"{path}.{name}", "must be true or false");
        return null;
    }

    private static IReadOnlyList<string> ReadStrings(JsonElement element, string path, DefinitionErrors faults)
    {
        if (element.ValueKind == JsonValueKind.Array
            && element.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String))
        {
            return [.. element.EnumerateArray().Select(item => item.GetString()!)];
        }

        faults.Add(path, "must be a list of texts: [\"…\", \"…\"]");
        return [];
    }
}
