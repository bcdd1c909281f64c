using CsvIngest.Store;

namespace CsvIngest.Postgres;

/// <summary>A slice on its way into the ledger, and what becomes of its rows.</summary>
/// <param name="part">The slice.</param>
/// <param name="place">Its place in the call.</param>
internal sealed class SliceEntry(SlicePart part, int place)
{
    public SlicePart Part { get; } = part;

    public int Place { get; } = place;

    public int Inserted { get; set; }

    /// <summary>Those the producer found, then those the database found.</summary>
    public List<long> DuplicateLines { get; } = [.. part.DuplicateLines];

    /// <summary>The producer's, then the database's.</summary>
    public List<Rejection> Rejections { get; } = [.. part.Rejections];

    /// <summary>Whether every row went in, which is what the ledger was told when the slice was entered.</summary>
    public bool IsAsEntered => Inserted == Part.Rows.Count;

    public void Reject(Row row, string reason) => Rejections.Add(row.ToRejection(reason));
}

/// <summary>A row of a slice that is new to the ledger.</summary>
internal readonly record struct EnteredRow(SliceEntry Entry, Row Row);
