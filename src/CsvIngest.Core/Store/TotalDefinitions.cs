using System.Text.Json;
using System.Text.Json.Serialization;
using CsvIngest.Datasets;

namespace CsvIngest.Store;

/// <summary>The totals that the rows of an import are added to, as the ledger keeps them: a JSON array, as in the definition of a dataset.</summary>
public static class TotalDefinitions
{
    /// <summary>Writes the totals of a dataset.</summary>
    public static string ToText(Dataset dataset) => JsonSerializer.Serialize(dataset.Totals, TotalDefinitionsJson.Default.IReadOnlyListTotalDefinition);

    /// <summary>Reads what <see cref="ToText"/> has written.</summary>
    /// <param name="text">The text; null for an import from before the ledger kept them.</param>
    /// <param name="dataset">The dataset of the import, whose totals are used where nothing was kept.</param>
    public static IReadOnlyList<TotalDefinition> Parse(string? text, Dataset dataset) =>
        text is null ? dataset.Totals : JsonSerializer.Deserialize(text, TotalDefinitionsJson.Default.IReadOnlyListTotalDefinition) ?? [];
}

/// <summary>Reads and writes <see cref="TotalDefinitions"/>.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(IReadOnlyList<TotalDefinition>))]
internal sealed partial class TotalDefinitionsJson : JsonSerializerContext;
