using System.Text.Json;
using System.Text.RegularExpressions;
using CsvIngest.Values;

namespace CsvIngest.Datasets;

/// <summary>Reads the properties of a dataset definition, and reports unknown, duplicated and malformed ones.</summary>
internal static class DefinitionReader
{
    /// <summary>The properties of a dataset, in the order of docs/datasets.md; a test compares the two.</summary>
    public static readonly string[] DatasetProperties = ["name", "table", "key", "columns", "extraColumns", "totals"];

    /// <summary>The properties of a total.</summary>
    public static readonly string[] TotalProperties = ["by", "sum"];

    /// <summary>The properties of a column, in the same order as docs/datasets.md.</summary>
    public static readonly string[] ColumnProperties =
    [
        "type", "required", "headers", "combine", "variants", "maxLength", "pattern", "trim", "format", "decimal", "group", "true", "false",
    ];

    // A pattern must match the whole value.
    private const string PatternStart = @"\A(?:";
    private const string PatternEnd = @")\z";

    /// <summary>The types by the names that definitions use.</summary>
    public static IReadOnlyDictionary<string, ColumnType> Types { get; } =
        Enum.GetValues<ColumnType>().ToDictionary(type => type.ToString().ToLowerInvariant(), StringComparer.Ordinal);

    /// <summary>Reads a definition. The result is valid only if there are no errors.</summary>
    public static Dataset Read(JsonElement root, DefinitionErrors errors)
    {
        var properties = ReadObject(root, "", DatasetProperties, errors);
        var name = ReadString(properties, "name", "name", errors);
        var table = ReadString(properties, "table", "table", errors);
        if (!properties.ContainsKey("name"))
        {
            errors.Add("name", "missing");
        }

        return new Dataset(
            name ?? "",
            table ?? name ?? "",
            ReadString(properties, "key", "key", errors),
            ReadColumns(properties, errors),
            ReadString(properties, "extraColumns", "extraColumns", errors))
        {
            Totals = ReadTotals(properties, errors),
        };
    }

    private static IReadOnlyList<TotalDefinition> ReadTotals(Dictionary<string, JsonElement> properties, DefinitionErrors errors)
    {
        if (!properties.TryGetValue("totals", out var element))
        {
            return [];
        }

        return element.ValueKind == JsonValueKind.Array
            ? [.. element.EnumerateArray().Select((total, index) => ReadTotal(total, $"totals[{index}]", errors))]
            : [ReadTotal(element, "totals", errors)];
    }

    private static TotalDefinition ReadTotal(JsonElement element, string path, DefinitionErrors errors)
    {
        var properties = ReadObject(element, path, TotalProperties, errors);
        foreach (var name in TotalProperties.Where(name => element.ValueKind == JsonValueKind.Object && !properties.ContainsKey(name)))
        {
            errors.Add($"{path}.{name}", "missing");
        }

        return new TotalDefinition(
            ReadString(properties, "by", $"{path}.by", errors) ?? "", ReadString(properties, "sum", $"{path}.sum", errors) ?? "");
    }

    /// <summary>The text of a pattern in the definition that it was read from.</summary>
    public static string PatternText(Regex pattern) => pattern.ToString()[PatternStart.Length..^PatternEnd.Length];

    private static List<Column> ReadColumns(Dictionary<string, JsonElement> properties, DefinitionErrors errors)
    {
        if (!properties.TryGetValue("columns", out var columns))
        {
            errors.Add("columns", "missing");
            return [];
        }

        var read = ReadObject(columns, "columns", known: null, errors)
            .Select(column => ReadColumn(column.Key, column.Value, errors))
            .ToList();
        if (read.Count == 0 && columns.ValueKind == JsonValueKind.Object)
        {
            errors.Add("columns", "must name at least one column");
        }

        return read;
    }

    private static Column ReadColumn(string name, JsonElement element, DefinitionErrors errors)
    {
        var path = $"columns.{name}";
        var properties = ReadObject(element, path, ColumnProperties, errors);
        var type = ReadType(properties, path, errors);
        var trim = ReadBoolean(properties, path, "trim", errors);
        if (type != ColumnType.Text && trim == false)
        {
            errors.Add($"{path}.trim", "only text may be left untrimmed");
        }

        return new Column(
            name,
            type ?? ColumnType.Text,
            ReadBoolean(properties, path, "required", errors) ?? false,
            properties.TryGetValue("headers", out var headers) ? ReadStrings(headers, $"{path}.headers", errors) : null,
            ReadMaxLength(properties, path, type, errors),
            ReadPattern(properties, path, errors),
            trim ?? type != ColumnType.Text,
            ReadCombine(properties, path, type, errors),
            ReadVariants(properties, path, errors),
            FormatReader.Read(properties, path, type, errors));
    }

    private static ColumnType? ReadType(Dictionary<string, JsonElement> properties, string path, DefinitionErrors errors)
    {
        if (!properties.ContainsKey("type"))
        {
            errors.Add($"{path}.type", $"missing; available: {string.Join(", ", Types.Keys)}");
            return null;
        }

        if (ReadString(properties, "type", $"{path}.type", errors) is not { } name)
        {
            return null;
        }

        if (Types.TryGetValue(name, out var type))
        {
            return type;
        }

        errors.Add($"{path}.type", $"\"{name}\" is not a valid type; available: {string.Join(", ", Types.Keys)}");
        return null;
    }

    private static int? ReadMaxLength(
        Dictionary<string, JsonElement> properties, string path, ColumnType? type, DefinitionErrors errors)
    {
        if (!properties.TryGetValue("maxLength", out var element))
        {
            return null;
        }

        if (type is not (null or ColumnType.Text or ColumnType.Email))
        {
            errors.Add($"{path}.maxLength", "only text and email columns may have a maxLength");
        }

        if (element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out var length) && length >= 1)
        {
            return length;
        }

        errors.Add($"{path}.maxLength", "must be an integer of at least 1");
        return null;
    }

    private static Regex? ReadPattern(Dictionary<string, JsonElement> properties, string path, DefinitionErrors errors)
    {
        if (ReadString(properties, "pattern", $"{path}.pattern", errors) is not { } pattern)
        {
            return null;
        }

        try
        {
            // Files come from third parties: matching must take linear time whatever the value. The pattern is first checked
            // by itself, because "a)|(b" would be valid once it is enclosed in a group.
            const RegexOptions Options = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant;
            _ = new Regex(pattern, Options);
            return new Regex(PatternStart + pattern + PatternEnd, Options);
        }
        catch (ArgumentException exception)
        {
            errors.Add($"{path}.pattern", $"invalid regular expression: {FailureReason.Of(exception)}");
        }
        catch (NotSupportedException exception)
        {
            errors.Add(
                $"{path}.pattern",
                $"lookarounds, backreferences and very large repetitions are not supported: {FailureReason.Of(exception)}");
        }

        return null;
    }

    private static IReadOnlyList<IReadOnlyList<string>>? ReadCombine(
        Dictionary<string, JsonElement> properties, string path, ColumnType? type, DefinitionErrors errors)
    {
        if (!properties.TryGetValue("combine", out var element))
        {
            return null;
        }

        path += ".combine";
        if (type is not (null or ColumnType.Text))
        {
            errors.Add(path, "only text columns may be combined");
        }

        if (element.ValueKind != JsonValueKind.Array || element.GetArrayLength() != 2)
        {
            errors.Add(path, "must be two lists of header names");
            return null;
        }

        return ReadLists(element, path, errors);
    }

    private static IReadOnlyList<IReadOnlyList<string>>? ReadVariants(
        Dictionary<string, JsonElement> properties, string path, DefinitionErrors errors)
    {
        if (!properties.TryGetValue("variants", out var element))
        {
            return null;
        }

        path += ".variants";
        if (element.ValueKind == JsonValueKind.Array)
        {
            return ReadLists(element, path, errors);
        }

        errors.Add(path, "must be a list of lists of header patterns");
        return null;
    }

    private static IReadOnlyList<IReadOnlyList<string>> ReadLists(JsonElement array, string path, DefinitionErrors errors) =>
        [.. array.EnumerateArray().Select((list, index) => ReadStrings(list, $"{path}[{index}]", errors))];

    private static Dictionary<string, JsonElement> ReadObject(
        JsonElement element, string path, string[]? known, DefinitionErrors errors)
    {
        var properties = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        if (element.ValueKind != JsonValueKind.Object)
        {
            errors.Add(path, "must be an object: { … }");
            return properties;
        }

        foreach (var property in element.EnumerateObject())
        {
            var where = path.Length == 0 ? property.Name : $"{path}.{property.Name}";
            if (!properties.TryAdd(property.Name, property.Value))
            {
                errors.Add(where, "is duplicated");
            }
            else if (known?.Contains(property.Name, StringComparer.Ordinal) == false)
            {
                errors.Add(where, $"unknown property; available: {string.Join(", ", known)}");
            }
        }

        return properties;
    }

    internal static string? ReadString(
        Dictionary<string, JsonElement> properties, string name, string path, DefinitionErrors errors)
    {
        if (!properties.TryGetValue(name, out var element) || element.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        if (element.ValueKind == JsonValueKind.String && element.GetString() is { Length: > 0 } text)
        {
            return text;
        }

        errors.Add(path, "must be a non-empty string");
        return null;
    }

    private static bool? ReadBoolean(
        Dictionary<string, JsonElement> properties, string path, string name, DefinitionErrors errors)
    {
        if (!properties.TryGetValue(name, out var element))
        {
            return null;
        }

        if (element.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return element.GetBoolean();
        }

        errors.Add($"{path}.{name}", "must be true or false");
        return null;
    }

    internal static IReadOnlyList<string> ReadStrings(JsonElement element, string path, DefinitionErrors errors)
    {
        if (element.ValueKind == JsonValueKind.Array
            && element.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String))
        {
            return [.. element.EnumerateArray().Select(item => item.GetString()!)];
        }

        errors.Add(path, "must be a list of strings: [\"…\", \"…\"]");
        return [];
    }
}
