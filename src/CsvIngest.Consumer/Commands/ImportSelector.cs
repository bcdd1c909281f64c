using CsvIngest.Settings;
using CsvIngest.Store;

namespace CsvIngest.Consumer.Commands;

/// <summary>Selects imports: all of them, or the one with an ID, which may be shortened to its first characters.</summary>
internal sealed class ImportSelector
{
    private readonly string? _text;
    private readonly Guid? _id;

    /// <param name="text">An import ID or its first characters; null for all imports.</param>
    /// <exception cref="UsageException">No ID begins like this, so waiting for such an import would never end.</exception>
    public ImportSelector(string? text)
    {
        _text = text;
        _id = Guid.TryParse(text, out var id) ? id : null;
        if (text is not null && _id is null && !IsBeginningOfId(text))
        {
            throw new UsageException(
                $"\"{text}\" is not an import ID; expected an ID or its first characters, as `consumer status` lists them.");
        }
    }

    /// <summary>Whether one import is selected, rather than all.</summary>
    public bool IsSingle => _text is not null;

    /// <summary>Reads the books of the selected imports.</summary>
    /// <exception cref="UsageException">Several import IDs begin with the given characters.</exception>
    /// <exception cref="StoreUnavailableException">The database is unavailable.</exception>
    public async Task<IReadOnlyList<ImportBooks>> FindAsync(IStore store, CancellationToken cancellationToken)
    {
        var books = await store.ReportAsync(_id, cancellationToken);
        if (_text is null || _id is not null)
        {
            return books;
        }

        var found = books.Where(book => book.ImportId.ToString().StartsWith(_text, StringComparison.OrdinalIgnoreCase)).ToList();
        return found.Count <= 1
            ? found
            : throw new UsageException($"{found.Count} import IDs begin with \"{_text}\"; specify more characters.");
    }

    /// <summary>As it was specified.</summary>
    public override string ToString() => _text ?? "all";

    private static bool IsBeginningOfId(string text) =>
        text.Length is > 0 and < 36
        && text.Index().All(each => each.Index is 8 or 13 or 18 or 23 ? each.Item == '-' : char.IsAsciiHexDigit(each.Item));
}
