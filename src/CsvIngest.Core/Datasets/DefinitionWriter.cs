using System.Collections;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using CsvIngest.Values;

namespace CsvIngest.Datasets;

/// <summary>Writes datasets as definition files, with a line for each column. <see cref="DatasetFile.Parse"/> reads the same dataset again.</summary>
public static class DefinitionWriter
{
    /// <summary>Writes a definition.</summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="comment">A comment of one line at the start; null for none.</param>
    /// <param name="columnComments">Comments of one line above columns, by the name of the column; null for none.</param>
    /// <returns>JSON, with comments if there are any, and without a line end at its end.</returns>
    public static string Write(Dataset dataset, string? comment = null, IReadOnlyDictionary<string, string>? columnComments = null)
    {
        List<string> properties = [$"\"name\": {Json(dataset.Name)}", $"\"table\": {Json(dataset.Table)}"];
        AddIf(properties, dataset.Key is not null, "key", dataset.Key);
        properties.Add($"\"columns\": {{\n{string.Join(",\n", dataset.Columns.Select(column => Line(column, columnComments)))}\n  }}");
        AddIf(properties, dataset.ExtraColumns is not null, "extraColumns", dataset.ExtraColumns);
        AddIf(properties, dataset.Totals.Count > 0, "totals", dataset.Totals);
        return $"{{\n{(comment is null ? "" : $"  // {comment}\n")}  {string.Join(",\n  ", properties)}\n}}";
    }

    private static string Line(Column column, IReadOnlyDictionary<string, string>? comments)
    {
        var comment = comments?.TryGetValue(column.Name, out var text) == true ? $"    // {text}\n" : "";
        return $"{comment}    {Json(column.Name)}: {{ {string.Join(", ", Properties(column))} }}";
    }

    private static List<string> Properties(Column column)
    {
        List<string> properties = [$"\"type\": {Json(column.Type.ToString().ToLowerInvariant())}"];
        AddIf(properties, column.Required, "required", true);
        AddIf(properties, column.Headers is { Count: > 0 }, "headers", column.Headers);
        AddIf(properties, column.Combine is not null, "combine", column.Combine);
        AddIf(properties, column.Variants is { Count: > 0 }, "variants", column.Variants);
        AddIf(properties, column.MaxLength is not null, "maxLength", column.MaxLength);
        AddIf(properties, column.Pattern is not null, "pattern", column.Pattern is null ? null : DefinitionReader.PatternText(column.Pattern));
        AddIf(properties, column.Type == ColumnType.Text && column.Trim, "trim", true);
        switch (column.Format)
        {
            case DateFormats dates:
                AddIf(properties, true, "format", dates.Texts.Count() == 1 ? dates.Texts.First() : dates.Texts);
                break;
            case NumberFormat numbers:
                AddIf(properties, column.Type == ColumnType.Decimal, "decimal", numbers.Decimal);
                AddIf(properties, numbers.Group is not null, "group", numbers.Group);
                break;
            case BooleanWords words:
                AddIf(properties, true, "true", words.True);
                AddIf(properties, true, "false", words.False);
                break;
        }

        return properties;
    }

    private static void AddIf(List<string> properties, bool condition, string name, object? value)
    {
        if (condition)
        {
            properties.Add($"\"{name}\": {Json(value)}");
        }
    }

    /// <summary>A value as JSON, with spaces after commas, and with escapes for characters that change how the text around them is shown.</summary>
    private static string Json(object? value) => value switch
    {
        null => "null",
        bool isTrue => isTrue ? "true" : "false",
        int number => number.ToString(CultureInfo.InvariantCulture),
        char character => Json(character.ToString()),
        string text => Json(text),
        TotalDefinition total => $"{{\"by\":{Json(total.By)},\"sum\":{Json(total.Sum)}}}",
        IEnumerable list => $"[{string.Join(", ", list.Cast<object>().Select(Json))}]",
        _ => throw new ArgumentOutOfRangeException(nameof(value)),
    };

    private static string Json(string text)
    {
        var json = new StringBuilder("\"");
        foreach (var character in JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).ToString())
        {
            _ = char.GetUnicodeCategory(character) == UnicodeCategory.Format
                ? json.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:X4}")
                : json.Append(character);
        }

        return json.Append('"').ToString();
    }
}
