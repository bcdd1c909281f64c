using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CsvIngest.Datasets;
using CsvIngest.Importing.Reading;

namespace CsvIngest.Producer.Importing;

/// <summary>Everything beside the file's bytes that decides which rows stand in which slice, and what they hold.</summary>
internal sealed record ImportShape
{
    /// <summary>As <c>--dataset</c> named it.</summary>
    public required string Dataset { get; init; }

    /// <summary>A digest of the dataset's definition: another definition is another import.</summary>
    public required string DatasetHash { get; init; }

    public required int RowsPerMessage { get; init; }

    public required bool Dedupe { get; init; }

    /// <summary>Dataset column to header.</summary>
    public required IReadOnlyDictionary<string, string> Map { get; init; }

    /// <summary>How the file is read: everything that was found out, said.</summary>
    public required ReadingOptions Reading { get; init; }

    /// <summary>How the flags said that it is to be read.</summary>
    public required ReadingOptions ReadingAsked { get; init; }

    /// <summary>The shape that options give an import.</summary>
    /// <param name="options">The producer's.</param>
    /// <param name="dataset">The dataset that they mean.</param>
    /// <param name="reading">The reading options with everything said that was found out.</param>
    public static ImportShape Of(ProducerOptions options, Dataset dataset, ReadingOptions reading) => new()
    {
        Dataset = options.Dataset,
        DatasetHash = HashOf(dataset),
        RowsPerMessage = options.RowsPerMessage,
        Dedupe = options.Dedupe,
        Map = options.Map,
        Reading = reading,
        ReadingAsked = options.Reading,
    };

    /// <summary>A digest of a dataset's definition, in hex.</summary>
    public static string HashOf(Dataset dataset)
    {
        // A Regex is written by its text: its other members say nothing about the definition.
        var columns = dataset.Columns.Select(column => new { column.Name, column.Type, column.Required, column.MaxLength, column.Trim, Pattern = column.Pattern?.ToString() });
        var text = JsonSerializer.Serialize(new { dataset.Name, dataset.Table, dataset.Key, dataset.ExtraColumns, columns });
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }

    /// <summary>Whether two shapes cut the same slices.</summary>
    public bool IsSameAs(ImportShape other) => JsonSerializer.Serialize(this) == JsonSerializer.Serialize(other);

    /// <summary>The same options with this shape.</summary>
    public ProducerOptions ApplyTo(ProducerOptions options) => options with
    {
        Dataset = Dataset,
        RowsPerMessage = RowsPerMessage,
        Dedupe = Dedupe,
        Map = Map,
        Reading = Reading,
    };
}
