using CsvIngest.Messages;
using CsvIngest.Store;

namespace CsvIngest.Consumer.Status;

/// <summary>What <c>status</c> has read.</summary>
/// <param name="Books">The imports, those that began last first.</param>
/// <param name="Lengths">The messages at the broker; null if it could not be asked.</param>
/// <param name="IsOfOneImport">Whether one import was asked for, rather than all of some kind.</param>
internal sealed record StatusReport(IReadOnlyList<ImportBooks> Books, QueueLengths? Lengths, bool IsOfOneImport)
{
    /// <summary>
    /// Whether nothing is left to do. Not so without any import, because the first message may still be on its way; nor while the
    /// dead-letter queue holds a message, or may hold one; nor while the queue holds one, unless one import was asked for: no message
    /// changes an import that is complete.
    /// </summary>
    public bool IsComplete =>
        AreComplete(Books) && Lengths is { DeadLetters: 0 } lengths && (lengths.Messages == 0 || IsOfOneImport);

    /// <summary>Whether there are imports, and every row of each has its fate.</summary>
    public static bool AreComplete(IReadOnlyList<ImportBooks> books) => books.Count > 0 && books.All(book => book.Complete);

    /// <summary>The status of one of the imports.</summary>
    public ImportStatus StatusOf(ImportBooks books) => ImportStatuses.Of(books, Lengths);
}
