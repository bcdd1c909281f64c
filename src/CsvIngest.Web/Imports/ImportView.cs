using System.Text.Json;
using System.Text.Json.Serialization;
using CsvIngest.Messages;
using CsvIngest.Store;
using CsvIngest.Web.Uploads;

namespace CsvIngest.Web.Imports;

/// <summary>
/// An import as it is shown: an upload of this program, the books of an import in the ledger, or both. The names of its properties in camel
/// case are part of the interface.
/// </summary>
public sealed record ImportView
{
    public required Guid Import { get; init; }

    /// <summary>The file's name.</summary>
    public required string Source { get; init; }

    public required string Dataset { get; init; }

    /// <summary>
    /// <c>checking</c>, <c>checked</c>, <c>waiting</c>, <c>importing</c>, <c>failed</c>, <c>cancelled</c> or <c>published</c> until there are
    /// books of an import whose messages are all confirmed; then the state of these.
    /// </summary>
    public required string State { get; init; }

    /// <summary>When the file was received, or when the import began; UTC.</summary>
    public required DateTime StartedAt { get; init; }

    /// <summary>Why it failed, or what it waits for; null for nothing.</summary>
    public string? Failure { get; init; }

    /// <summary>How many imports are imported before it; null unless it waits.</summary>
    public int? Position { get; init; }

    /// <summary>The revision of its options; null if it is not an upload.</summary>
    public int? Revision { get; init; }

    /// <summary>Its options; null if it is not an upload.</summary>
    public IReadOnlyDictionary<string, string[]>? Options { get; init; }

    /// <summary>The file's size as it was sent; null if it is not known.</summary>
    public long? Bytes { get; init; }

    /// <summary>The SHA-256 hash of the file as it was sent; null if it is not an upload.</summary>
    public string? Sha256 { get; init; }

    /// <summary>How far its check or import is; null if none runs.</summary>
    public ProgressView? Progress { get; init; }

    /// <summary>What its check found; null if it was not checked, or is being checked.</summary>
    public CheckResult? Check { get; init; }

    /// <summary>What was noticed during the import.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Its books; null if it is not in the ledger, or the database cannot be asked.</summary>
    public ImportReport? Books { get; init; }

    /// <summary>Why its books are not known; null if they are, or if it is not in the ledger.</summary>
    public string? BooksFailure { get; init; }

    /// <summary>Whether the files of its rejected rows are here.</summary>
    public bool HasRejects { get; init; }

    /// <summary>The messages at the broker; null if it cannot be asked.</summary>
    [JsonIgnore]
    public QueueLengths? Queue { get; init; }

    /// <summary>Whether it will change by itself.</summary>
    [JsonIgnore]
    public bool IsUnderWay => State is "checking" or "waiting" or "importing" or "published" or "in-progress";

    /// <summary>Shows an upload, with its books if there are any.</summary>
    internal static ImportView Of(Upload upload, int? position, ImportBooks? books, QueueLengths? lengths, string? booksFailure = null)
    {
        var record = upload.Record;
        return new()
        {
            Import = upload.Id,
            Source = record.Name,
            Dataset = books?.Dataset ?? (record.Options.TryGetValue("dataset", out var names) ? names[0] : "contacts"),
            State = record.State == UploadState.Published && books is not null
                ? ImportStatuses.Of(books, lengths).ToKeyword()
                : record.State.ToString().ToLowerInvariant(),
            StartedAt = (books?.BeganAt ?? record.ReceivedAt).UtcDateTime,
            Failure = record.Failure ?? upload.Obstacle,
            Position = position,
            Revision = record.Revision,
            Options = record.Options,
            Bytes = record.Bytes,
            Sha256 = record.Sha256,
            Progress = upload.Progress is { } progress ? ProgressView.Of(progress) : null,
            Check = record.Check?.Revision == record.Revision ? record.Check : null,
            Warnings = record.Warnings,
            Books = books is null ? null : ImportReport.Of(books, lengths),
            BooksFailure = booksFailure,
            HasRejects = upload.RejectsFile(".errors.csv") is not null,
            Queue = lengths,
        };
    }

    /// <summary>Shows the books of an import that is not an upload.</summary>
    public static ImportView Of(ImportBooks books, QueueLengths? lengths) => new()
    {
        Import = books.ImportId,
        Source = books.Source,
        Dataset = books.Dataset,
        State = ImportStatuses.Of(books, lengths).ToKeyword(),
        StartedAt = books.BeganAt.UtcDateTime,
        Bytes = books.Origin?.Bytes,
        Books = ImportReport.Of(books, lengths),
        Queue = lengths,
    };
}

/// <summary>How far a check or an import is.</summary>
/// <param name="RowsRead">Rows read.</param>
/// <param name="RowsConfirmed">Rows that the broker has confirmed; 0 in a check.</param>
/// <param name="RowsRejected">Rows that were rejected.</param>
/// <param name="RowsDuplicate">Rows whose key occurs earlier in the file.</param>
/// <param name="BytesRead">Bytes read of the file.</param>
/// <param name="Bytes">The file's size.</param>
/// <param name="Broker">What the broker is waited for: <c>flowing</c> for nothing.</param>
public sealed record ProgressView(
    long RowsRead, long RowsConfirmed, long RowsRejected, long RowsDuplicate, long BytesRead, long? Bytes, string Broker)
{
    internal static ProgressView Of(Importing.ImportProgress progress) => new(
        progress.RowsRead, progress.RowsConfirmed, progress.RowsRejected, progress.RowsDuplicate, progress.BytesRead, progress.Size,
        JsonNamingPolicy.KebabCaseLower.ConvertName($"{progress.Condition}"));
}
