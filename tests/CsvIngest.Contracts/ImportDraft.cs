using CsvIngest.Datasets;
using CsvIngest.Store;

namespace CsvIngest.Contracts;

/// <summary>Makes the parts of one import.</summary>
/// <param name="dataset">The dataset that the rows belong to.</param>
/// <param name="source">The file's name.</param>
public sealed class ImportDraft(Dataset dataset, string source = "data.csv")
{
    /// <summary>The import ID.</summary>
    public Guid Id { get; } = Guid.CreateVersion7();

    /// <summary>A row without extra columns.</summary>
    public static Row Row(long line, params string?[] values) => new(line, values, extra: null);

    /// <summary>A row that the producer rejected.</summary>
    public static Rejection Rejection(long line) => new(line, "email", "invalid-email", "not an email address", $"raw {line}");

    /// <summary>A slice of valid rows.</summary>
    public SlicePart Slice(int number, long rowsBefore, params Row[] rows) =>
        new(Id, dataset, source, number, rowsBefore, rows, [], []);

    /// <summary>A slice with all three kinds of rows.</summary>
    public SlicePart Slice(int number, long rowsBefore, Row[] rows, Rejection[] rejections, long[] duplicateLines) =>
        new(Id, dataset, source, number, rowsBefore, rows, rejections, duplicateLines);

    /// <summary>The opening.</summary>
    public OpeningPart Opening(ImportOrigin origin) => new(Id, dataset, source, origin);

    /// <summary>The closing.</summary>
    public ClosingPart Closing(long rowsRead, int slices, string? contentHash = null) => new(Id, dataset, source, rowsRead, slices, contentHash);
}
