using CsvIngest.Settings;
using CsvIngest.Store;

namespace CsvIngest.Consumer.Status;

/// <summary>Selects imports: the one with an ID, which may be shortened to its first characters, or all that a filter lets through.</summary>
internal sealed class ImportSelector
{
    private readonly string? _text;
    private readonly ImportFilter _filter;

    /// <param name="text">An import ID or its first characters; null for all imports.</param>
    /// <param name="filter">Further conditions.</param>
    /// <exception cref="UsageException">No ID begins like this, so waiting for such an import would never end.</exception>
    public ImportSelector(string? text, ImportFilter filter)
    {
        _text = text;
        _filter = filter with
        {
            IdPrefix = text is null ? ""
                : Guid.TryParse(text, out var id) ? id.ToString()
                : IsBeginningOfId(text) ? text
                : throw new UsageException(
                    $"\"{text}\" is not an import ID; expected an ID or its first characters, as `consumer status` lists them."),
        };
    }

    /// <summary>Whether one import is selected by its ID.</summary>
    public bool IsSingle => _text is not null;

    /// <summary>Whether all imports are selected.</summary>
    public bool IsAll => _filter == ImportFilter.All;

    /// <summary>Reads the books of the selected imports.</summary>
    /// <exception cref="UsageException">Several import IDs begin with the given characters.</exception>
    /// <exception cref="StoreUnavailableException">The database is unavailable.</exception>
    public async Task<IReadOnlyList<ImportBooks>> FindAsync(IStore store, CancellationToken cancellationToken)
    {
        var found = await store.ReportAsync(_filter, cancellationToken);
        return found.Count <= 1 || !IsSingle
            ? found
            : throw new UsageException($"{found.Count} import IDs begin with \"{_text}\"; specify more characters.");
    }

    /// <summary>The ID as it was specified.</summary>
    public override string ToString() => _text ?? "all";

    private static bool IsBeginningOfId(string text) =>
        text.Length is > 0 and < 36
        && text.Index().All(each => each.Index is 8 or 13 or 18 or 23 ? each.Item == '-' : char.IsAsciiHexDigit(each.Item));
}
