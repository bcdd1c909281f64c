using System.Globalization;
using System.Text.Json.Serialization;
using CsvIngest.Messages;
using CsvIngest.Store;
using CsvIngest.Web.Uploads;

namespace CsvIngest.Web.Imports;

/// <summary>Finds imports: the uploads of this program and all that are in the ledger, whoever published them.</summary>
internal sealed class ImportRegister(Spool spool, IStore store, QueueView queue)
{
    /// <summary>How many imports a page has at most.</summary>
    public const int MaxPage = 200;

    /// <summary>Finds an import.</summary>
    /// <exception cref="RequestException">There is none with this ID.</exception>
    /// <exception cref="StoreUnavailableException">The database is unavailable, and it is no upload.</exception>
    public async Task<ImportView> GetAsync(Guid id, CancellationToken cancellationToken)
    {
        var upload = spool.Find(id);
        var lengths = (await queue.CountAsync(cancellationToken)).Lengths;
        if (upload is null)
        {
            return await BooksOfAsync(id, cancellationToken) is { } books ? ImportView.Of(books, lengths) : throw NotFound(id);
        }

        try
        {
            return View(upload, await BooksOfAsync(id, cancellationToken), lengths);
        }
        catch (Exception e) when (e is StoreUnavailableException or DeniedException)
        {
            return ImportView.Of(upload, spool.PositionOf(upload), books: null, lengths, FailureReason.Of(e));
        }
    }

    /// <summary>The upload with this ID.</summary>
    /// <exception cref="RequestException">There is none, or the import was not uploaded here.</exception>
    public Upload Upload(Guid id) => spool.Find(id) ?? throw NotFound(id);

    /// <summary>A page of the imports, those that began last first.</summary>
    /// <param name="search">Only imports of files whose name contains this text, or with an ID that begins with it; null for all.</param>
    /// <param name="after">The cursor of the page before; null for the first page.</param>
    /// <param name="limit">How many imports at most, up to <see cref="MaxPage"/>.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public async Task<ImportListing> ListAsync(string? search, string? after, int limit, CancellationToken cancellationToken)
    {
        var position = after is null ? null : ParseCursor(after);
        var lengths = (await queue.CountAsync(cancellationToken)).Lengths;
        // Before the ledger is read, which may get an entry at any moment.
        var waiting = spool.Uploads.Where(upload => !upload.IsInLedger).ToList();
        var filter = new ImportFilter { After = position, Limit = limit + 1, Source = search is null ? null : $"*{search}*" };
        var books = await store.ReportAsync(filter, cancellationToken);
        if (books.Count == 0 && search is { Length: <= 36 } && IsBeginningOfId(search))
        {
            books = await store.ReportAsync(filter with { Source = null, IdPrefix = search }, cancellationToken);
        }

        var listed = books.Select(book => book.ImportId).ToHashSet();
        var uploads = waiting
            .Where(upload => !listed.Contains(upload.Id)
                && IsAfter((upload.Record.ReceivedAt, upload.Id))
                && (search is null || upload.Record.Name.Contains(search, StringComparison.OrdinalIgnoreCase)
                    || upload.Id.ToString().StartsWith(search, StringComparison.OrdinalIgnoreCase)))
            .OrderByDescending(upload => upload.Record.ReceivedAt).ThenByDescending(upload => upload.Id.ToString(), StringComparer.Ordinal)
            .Take(limit + 1)
            .ToList();
        var entries = books.Select(book => (At: book.BeganAt, View: spool.Find(book.ImportId) is { } upload
            ? View(upload, book, lengths)
            : ImportView.Of(book, lengths))).ToList();
        foreach (var upload in uploads)
        {
            var entered = upload.Record.State is UploadState.Checking or UploadState.Checked or UploadState.Waiting
                ? null
                : await BooksOfAsync(upload.Id, cancellationToken);
            // In the ledger it has another place, which may be on another page.
            if (entered is null || IsHere((entered.BeganAt, upload.Id)))
            {
                entries.Add((entered?.BeganAt ?? upload.Record.ReceivedAt, View(upload, entered, lengths)));
            }

            upload.IsInLedger |= entered is not null;
        }

        entries.Sort((one, other) => Compare((other.At, other.View.Import), (one.At, one.View.Import)));
        var page = entries.Take(limit).ToList();
        var next = entries.Count > limit ? Cursor(page[^1].At, page[^1].View.Import) : null;
        return new ImportListing([.. page.Select(entry => entry.View)], next, lengths);

        bool IsAfter((DateTimeOffset At, Guid Id) place) =>
            position is null || Compare(place, (position.BeganAt, position.ImportId)) < 0;

        bool IsHere((DateTimeOffset At, Guid Id) place) => IsAfter(place)
            && (books.Count <= limit || Compare(place, (books[^1].BeganAt, books[^1].ImportId)) > 0);
    }

    private ImportView View(Upload upload, ImportBooks? books, QueueLengths? lengths)
    {
        upload.IsInLedger |= books is not null;
        return ImportView.Of(upload, spool.PositionOf(upload), books, lengths);
    }

    private async Task<ImportBooks?> BooksOfAsync(Guid id, CancellationToken cancellationToken) =>
        (await store.ReportAsync(ImportFilter.Of(id), cancellationToken)).SingleOrDefault();

    private static RequestException NotFound(Guid id) => RequestException.NotFound($"There is no import {id}.");

    // As reports are ordered: by time, and by the text of the ID.
    private static int Compare((DateTimeOffset At, Guid Id) one, (DateTimeOffset At, Guid Id) other) =>
        one.At != other.At ? one.At.CompareTo(other.At) : string.CompareOrdinal(one.Id.ToString(), other.Id.ToString());

    private static string Cursor(DateTimeOffset at, Guid id) => string.Create(CultureInfo.InvariantCulture, $"{at.UtcTicks}.{id}");

    private static ImportPosition ParseCursor(string text) =>
        text.Split('.') is [var ticks, var id]
        && long.TryParse(ticks, NumberStyles.None, CultureInfo.InvariantCulture, out var at)
        && at <= DateTime.MaxValue.Ticks
        && Guid.TryParse(id, out var import)
            ? new ImportPosition(new DateTimeOffset(at, TimeSpan.Zero), import)
            : throw RequestException.Invalid("after is not a position; expected the value of next in the page before.");

    private static bool IsBeginningOfId(string text) =>
        text.Index().All(each => each.Index is 8 or 13 or 18 or 23 ? each.Item == '-' : char.IsAsciiHexDigit(each.Item));
}

/// <summary>A page of imports.</summary>
/// <param name="Imports">Those that began last first.</param>
/// <param name="Next">The cursor of the next page; null if this is the last one.</param>
/// <param name="Lengths">The messages at the broker; null if it cannot be asked.</param>
public sealed record ImportListing(IReadOnlyList<ImportView> Imports, string? Next, [property: JsonIgnore] QueueLengths? Lengths)
{
    /// <summary>Messages in the queue; null if the broker cannot be asked.</summary>
    public long? MessagesWaiting => Lengths?.Messages;

    /// <summary>Messages in the dead-letter queue; null if the broker cannot be asked.</summary>
    public long? DeadLetters => Lengths?.DeadLetters;

    /// <summary>Consumers of the queue; null if that is not known.</summary>
    public int? Consumers => Lengths?.Consumers;
}
