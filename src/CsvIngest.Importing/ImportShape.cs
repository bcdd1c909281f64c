using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using CsvIngest.Datasets;
using CsvIngest.Importing.Detection;
using CsvIngest.Values;

namespace CsvIngest.Importing;

/// <summary>
/// <see cref="SliceOptions"/> as the state file keeps them, with everything that was detected or looked up. The names are those of the
/// state file's format.
/// </summary>
internal sealed record ImportShape
{
    private const int EarlierBytesPerMessage = 1024 * 1024;

    /// <summary>As <see cref="SliceOptions.Dataset"/>.</summary>
    public required string Dataset { get; init; }

    /// <summary>A digest of the dataset's definition. With another definition the same rows could make other slices.</summary>
    public required string DatasetHash { get; init; }

    public required int RowsPerMessage { get; init; }

    /// <summary>As <see cref="SliceOptions.BytesPerMessage"/>; null for 1 MiB, as in the state files of earlier versions.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? BytesPerMessage { get; init; }

    public required bool Dedupe { get; init; }

    /// <summary>As <see cref="SliceOptions.CheckDomains"/>; state files of version 0.1 do without it.</summary>
    public bool CheckDomains { get; init; }

    /// <summary>Dataset column to header.</summary>
    public required IReadOnlyDictionary<string, string> Map { get; init; }

    /// <summary>As <see cref="SliceOptions.NullMarkers"/>; null for none, as in the state files of earlier versions.</summary>
    public IReadOnlyList<string>? NullMarkers { get; init; }

    /// <summary>How the file is read, with everything specified that was detected.</summary>
    public required ReadingOptions Reading { get; init; }

    /// <summary>How the file was to be read according to the first run's options.</summary>
    public required ReadingOptions ReadingAsked { get; init; }

    /// <summary>The options of a run that resumes the import.</summary>
    [JsonIgnore]
    public SliceOptions Options => new()
    {
        Dataset = Dataset,
        Map = Map,
        NullMarkers = NullMarkers ?? [],
        RowsPerMessage = RowsPerMessage,
        BytesPerMessage = BytesPerMessage ?? EarlierBytesPerMessage,
        Dedupe = Dedupe,
        CheckDomains = CheckDomains,
        Reading = Reading,
    };

    /// <summary>The shape of an import.</summary>
    /// <param name="options">The options.</param>
    /// <param name="dataset">The dataset that they name.</param>
    /// <param name="reading">The reading options with everything specified that was detected.</param>
    public static ImportShape Of(SliceOptions options, Dataset dataset, ReadingOptions reading) => new()
    {
        Dataset = options.Dataset,
        DatasetHash = HashOf(dataset),
        RowsPerMessage = options.RowsPerMessage,
        BytesPerMessage = options.BytesPerMessage == EarlierBytesPerMessage ? null : options.BytesPerMessage,
        Dedupe = options.Dedupe,
        CheckDomains = options.CheckDomains,
        Map = options.Map,
        NullMarkers = options.NullMarkers.Count == 0 ? null : options.NullMarkers,
        Reading = reading,
        ReadingAsked = options.Reading,
    };

    /// <summary>A digest of a dataset's definition, in hex.</summary>
    public static string HashOf(Dataset dataset)
    {
        // A Regex is represented by its text; its other members are not part of the definition.
        var columns = dataset.Columns.Select(column => new HashedColumn(
            column.Name, column.Type, column.Required, column.MaxLength, column.Trim, column.Pattern?.ToString()));
        var text = JsonSerializer.Serialize(
            new HashedDataset(dataset.Name, dataset.Table, dataset.Key, dataset.ExtraColumns, [.. columns]), ImportShapeJson.Default.HashedDataset);
        // Added only where there are any, so that imports of other datasets that an earlier version has begun can be resumed.
        var formats = dataset.Columns.Where(column => column.Format is not null).Select(column => $"{column.Name} {column.Format}\n");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text + string.Concat(formats))));
    }

    /// <summary>Whether two shapes make the same slices.</summary>
    public bool IsSameAs(ImportShape other) => ToJson() == other.ToJson();

    /// <summary>The shape as text, which is equal for shapes that make the same slices.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, ImportShapeJson.Default.ImportShape);
}

/// <summary>What <see cref="ImportShape.HashOf"/> covers. The order and the names of the members are part of the hash.</summary>
internal sealed record HashedDataset(
    string Name, string Table, string? Key, string? ExtraColumns, [property: JsonPropertyName("columns")] IReadOnlyList<HashedColumn> Columns);

/// <summary>A column of <see cref="HashedDataset"/>.</summary>
internal sealed record HashedColumn(string Name, ColumnType Type, bool Required, int? MaxLength, bool Trim, string? Pattern);

/// <summary>
/// Serialises <see cref="ImportShape"/> and <see cref="HashedDataset"/>, by code alone: metadata, in which the runtime instantiates a
/// hundred generic methods, is for reading.
/// </summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Serialization)]
[JsonSerializable(typeof(ImportShape))]
[JsonSerializable(typeof(HashedDataset))]
internal sealed partial class ImportShapeJson : JsonSerializerContext;
