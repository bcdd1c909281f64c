using CsvIngest.Messages;

namespace CsvIngest.Store;

/// <summary>How an import stands, by its books and the messages at the broker.</summary>
public enum ImportStatus
{
    /// <summary>Every row has its fate, and the broker has been asked for what waits.</summary>
    Complete,

    /// <summary>Messages wait in the queue, or a part was stored a moment ago.</summary>
    InProgress,

    /// <summary>Everything that was published is stored, but the closing never came: the producer has stopped, or has nothing to read.</summary>
    ProducerUnfinished,

    /// <summary>The producer has finished, nothing waits in the queue, and slices are missing.</summary>
    SlicesMissing,

    /// <summary>Undoing it has begun, and rows or entries of it are left.</summary>
    UndoUnfinished,

    /// <summary>It was undone: none of its rows are left. What waits at the broker does not change that.</summary>
    Undone,

    /// <summary>The broker could not be asked for what waits.</summary>
    Unknown,
}

/// <summary>Decides the status of an import, and names it.</summary>
public static class ImportStatuses
{
    /// <summary>
    /// For how long after its last part an import is in progress although nothing waits in the queue: a consumer may hold messages, which
    /// the broker does not count, and a producer may be reading. 15 s, a guess: a transaction takes less than a second.
    /// </summary>
    public static readonly TimeSpan QuietTime = TimeSpan.FromSeconds(15);

    /// <summary>Decides the status of an import.</summary>
    /// <param name="books">Its books.</param>
    /// <param name="lengths">The messages at the broker; null if it could not be asked.</param>
    public static ImportStatus Of(ImportBooks books, QueueLengths? lengths) =>
        books.Undo is { } undo ? (undo.CompletedAt is null ? ImportStatus.UndoUnfinished : ImportStatus.Undone)
        : lengths is null ? ImportStatus.Unknown
        : books.Complete ? ImportStatus.Complete
        : lengths.Messages > 0 || !IsQuiet(books) ? ImportStatus.InProgress
        : books.Closed ? ImportStatus.SlicesMissing
        : ImportStatus.ProducerUnfinished;

    /// <summary>Whether nothing of an import was stored for <see cref="QuietTime"/>.</summary>
    public static bool IsQuiet(ImportBooks books) => books.ReadAt - books.ChangedAt >= QuietTime;

    /// <summary>The name of a status in words.</summary>
    public static string ToWords(this ImportStatus status) => status switch
    {
        ImportStatus.Complete => "complete",
        ImportStatus.InProgress => "in progress",
        ImportStatus.ProducerUnfinished => "producer unfinished",
        ImportStatus.SlicesMissing => "slices missing",
        ImportStatus.UndoUnfinished => "undo unfinished",
        ImportStatus.Undone => "undone",
        _ => "unknown",
    };

    /// <summary>The name of a status as one word, for options and JSON.</summary>
    public static string ToKeyword(this ImportStatus status) => status.ToWords().Replace(' ', '-');
}
