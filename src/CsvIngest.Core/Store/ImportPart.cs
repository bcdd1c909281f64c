using CsvIngest.Datasets;

namespace CsvIngest.Store;

/// <summary>A message that has been decoded and checked: the opening, a slice, or the closing.</summary>
/// <param name="ImportId">The import.</param>
/// <param name="Dataset">The dataset that the rows belong to.</param>
/// <param name="Source">The file's name, to be shown to people.</param>
public abstract record ImportPart(Guid ImportId, Dataset Dataset, string Source)
{
    /// <summary>How many rows of the file this part accounts for.</summary>
    public abstract int RowCount { get; }
}

/// <summary>A run of consecutive rows. Its rows, rejections and duplicates together are all the rows read.</summary>
/// <param name="Number">1-based.</param>
/// <param name="RowsBefore">Rows of the import in the slices before this one, as the producer counted them.</param>
/// <param name="Rows">Valid rows, in file order.</param>
/// <param name="Rejections">Rejected rows, in file order.</param>
/// <param name="DuplicateLines">Lines of rows whose key occurs earlier in the file.</param>
public sealed record SlicePart(
    Guid ImportId,
    Dataset Dataset,
    string Source,
    int Number,
    long RowsBefore,
    IReadOnlyList<Row> Rows,
    IReadOnlyList<Rejection> Rejections,
    IReadOnlyList<long> DuplicateLines) : ImportPart(ImportId, Dataset, Source)
{
    private readonly (long First, long Last) _lines = LinesOf(Rows, Rejections, DuplicateLines);

    /// <inheritdoc/>
    public override int RowCount => Rows.Count + Rejections.Count + DuplicateLines.Count;

    /// <summary>The lowest line of any of its rows.</summary>
    public long FirstLine => _lines.First;

    /// <summary>The highest line of any of its rows.</summary>
    public long LastLine => _lines.Last;

    private static (long First, long Last) LinesOf(
        IReadOnlyList<Row> rows, IReadOnlyList<Rejection> rejections, IReadOnlyList<long> duplicateLines)
    {
        var (first, last) = (long.MaxValue, long.MinValue);
        foreach (var row in rows)
        {
            Include(row.Line);
        }

        foreach (var rejection in rejections)
        {
            Include(rejection.Line);
        }

        foreach (var line in duplicateLines)
        {
            Include(line);
        }

        return (first, last);

        void Include(long line) => (first, last) = (Math.Min(first, line), Math.Max(last, line));
    }
}

/// <summary>The end of an import.</summary>
/// <param name="RowsRead">All rows of the file.</param>
/// <param name="Slices">How many slices there are.</param>
/// <param name="ContentHash">See <see cref="ImportOrigin.ContentHash"/>; null where it is not known.</param>
public sealed record ClosingPart(Guid ImportId, Dataset Dataset, string Source, long RowsRead, int Slices, string? ContentHash = null)
    : ImportPart(ImportId, Dataset, Source)
{
    /// <inheritdoc/>
    public override int RowCount => 0;
}

/// <summary>The beginning of an import.</summary>
/// <param name="Origin">Where the import comes from.</param>
public sealed record OpeningPart(Guid ImportId, Dataset Dataset, string Source, ImportOrigin Origin)
    : ImportPart(ImportId, Dataset, Source)
{
    /// <inheritdoc/>
    public override int RowCount => 0;
}

/// <summary>Where an import comes from, as its producer said. Each of these may be unknown.</summary>
/// <param name="Bytes">The size of the file.</param>
/// <param name="StartedAt">When the producer began, UTC, by the clock of its machine.</param>
/// <param name="Host">The name of its machine.</param>
/// <param name="User">The name of the user who ran it.</param>
/// <param name="ContentHash">
/// The SHA-256 hash of the file's content, decompressed, in lower-case hexadecimal digits. Producers that learn it by reading the file
/// send it with the closing.
/// </param>
public sealed record ImportOrigin(
    long? Bytes = null, DateTimeOffset? StartedAt = null, string? Host = null, string? User = null, string? ContentHash = null);

/// <summary>A rejected row.</summary>
/// <param name="Line">The physical line on which it starts, 1-based.</param>
/// <param name="Column">The dataset's column; empty where the record as a whole is rejected.</param>
/// <param name="Code">One of <see cref="Values.RejectCodes"/>.</param>
/// <param name="Reason">For people; holds no value of the row.</param>
/// <param name="Raw">
/// The record as text that can be stored in any database: NUL, and bytes that are not valid UTF-8, as <c>\xHH</c>; only the
/// beginning of a long record.
/// </param>
public sealed record Rejection(long Line, string Column, string Code, string Reason, string Raw);
