using CsvIngest.Messages;

namespace CsvIngest.Store;

/// <summary>
/// The books of an import as programs report them to other programs. The names of its properties in camel case are part of their interfaces.
/// </summary>
/// <param name="Import">The import.</param>
/// <param name="Source">The file's name.</param>
/// <param name="Dataset">The dataset's name.</param>
/// <param name="State">The keyword of its <see cref="ImportStatus"/>.</param>
/// <param name="StartedAt">See <see cref="ImportBooks.BeganAt"/>.</param>
/// <param name="ChangedAt">See <see cref="ImportBooks.ChangedAt"/>.</param>
/// <param name="DurationSeconds">See <see cref="ImportBooks.Duration"/>.</param>
/// <param name="Host">See <see cref="ImportOrigin.Host"/>.</param>
/// <param name="User">See <see cref="ImportOrigin.User"/>.</param>
/// <param name="Bytes">See <see cref="ImportOrigin.Bytes"/>.</param>
/// <param name="ContentSha256">See <see cref="ImportOrigin.ContentHash"/>.</param>
/// <param name="RowsRead">See <see cref="ImportBooks.RowsRead"/>.</param>
/// <param name="Inserted">See <see cref="ImportBooks.Inserted"/>.</param>
/// <param name="Duplicate">See <see cref="ImportBooks.Duplicate"/>.</param>
/// <param name="Rejected">See <see cref="ImportBooks.Rejected"/>.</param>
/// <param name="Outstanding">See <see cref="ImportBooks.Outstanding"/>.</param>
/// <param name="RowsPerSecond">See <see cref="ImportPace.RowsPerSecond"/>.</param>
/// <param name="SecondsLeft">See <see cref="ImportPace.Left"/>.</param>
/// <param name="SlicesApplied">See <see cref="ImportBooks.SlicesApplied"/>.</param>
/// <param name="SlicesExpected">See <see cref="ImportBooks.SlicesExpected"/>.</param>
/// <param name="Closed">See <see cref="ImportBooks.Closed"/>.</param>
/// <param name="Complete">See <see cref="ImportBooks.Complete"/>.</param>
/// <param name="MissingSlices">See <see cref="ImportBooks.MissingSlices"/>.</param>
/// <param name="UndoStartedAt">See <see cref="ImportUndo.StartedAt"/>.</param>
/// <param name="UndoneAt">See <see cref="ImportUndo.CompletedAt"/>.</param>
/// <param name="RowsRemoved">See <see cref="ImportUndo.RowsRemoved"/>.</param>
public sealed record ImportReport(
    Guid Import,
    string Source,
    string Dataset,
    string State,
    DateTime StartedAt,
    DateTime ChangedAt,
    double DurationSeconds,
    string? Host,
    string? User,
    long? Bytes,
    string? ContentSha256,
    long RowsRead,
    long Inserted,
    long Duplicate,
    long Rejected,
    long Outstanding,
    long? RowsPerSecond,
    long? SecondsLeft,
    int SlicesApplied,
    int? SlicesExpected,
    bool Closed,
    bool Complete,
    IReadOnlyList<SliceRange> MissingSlices,
    DateTime? UndoStartedAt,
    DateTime? UndoneAt,
    long? RowsRemoved)
{
    /// <summary>Reports the books of an import.</summary>
    /// <param name="books">The books.</param>
    /// <param name="lengths">The messages at the broker, which decide the state; null if it could not be asked.</param>
    public static ImportReport Of(ImportBooks books, QueueLengths? lengths)
    {
        var pace = ImportPace.Of(books);
        return new(
            books.ImportId,
            books.Source,
            books.Dataset,
            ImportStatuses.Of(books, lengths).ToKeyword(),
            books.BeganAt.UtcDateTime,
            books.ChangedAt.UtcDateTime,
            Math.Round(books.Duration.TotalSeconds, 3),
            books.Origin?.Host,
            books.Origin?.User,
            books.Origin?.Bytes,
            books.Origin?.ContentHash,
            books.RowsRead,
            books.Inserted,
            books.Duplicate,
            books.Rejected,
            books.Outstanding,
            Rounded(pace.RowsPerSecond),
            Rounded(pace.Left?.TotalSeconds),
            books.SlicesApplied,
            books.SlicesExpected,
            books.Closed,
            books.Complete,
            [.. books.MissingSlices.Select(range => new SliceRange(range.First, range.Last))],
            books.Undo?.StartedAt.UtcDateTime,
            books.Undo?.CompletedAt?.UtcDateTime,
            books.Undo?.RowsRemoved);
    }

    private static long? Rounded(double? value) => value is { } known ? (long)Math.Round(known) : null;
}

/// <summary>Consecutive slices.</summary>
/// <param name="First">The number of the first one.</param>
/// <param name="Last">The number of the last one.</param>
public sealed record SliceRange(int First, int Last);
