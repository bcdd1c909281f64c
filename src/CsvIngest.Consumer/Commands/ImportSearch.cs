using CsvIngest.Settings;
using CsvIngest.Store;

namespace CsvIngest.Consumer.Commands;

/// <summary>Finds the imports that a person means: all, or the one whose UUID was given, or its first characters.</summary>
internal static class ImportSearch
{
    /// <summary>Refuses what no import can be called; waiting for it would have no end.</summary>
    /// <param name="import">What was given; null for all.</param>
    public static void Check(string? import)
    {
        if (import is not null && !Guid.TryParse(import, out _) && !IsBeginningOfOne(import))
        {
            throw new UsageException($"\"{import}\" is no import; expected its UUID or the first characters of it, as `consumer status` lists them.");
        }
    }

    /// <exception cref="UsageException">Several begin so.</exception>
    public static async Task<IReadOnlyList<ImportBooks>> FindAsync(IStore store, string? import, CancellationToken cancellationToken)
    {
        if (import is null || Guid.TryParse(import, out _))
        {
            return await store.ReportAsync(import is null ? null : Guid.Parse(import), cancellationToken);
        }

        var all = await store.ReportAsync(null, cancellationToken);
        var found = all.Where(book => book.ImportId.ToString().StartsWith(import, StringComparison.OrdinalIgnoreCase)).ToList();
        return found.Count <= 1
            ? found
            : throw new UsageException($"{found.Count} imports begin with \"{import}\"; give more of the UUID.");
    }

    private static bool IsBeginningOfOne(string text) =>
        text.Length is > 0 and < 36
        && text.Index().All(each => each.Index is 8 or 13 or 18 or 23 ? each.Item == '-' : char.IsAsciiHexDigit(each.Item));
}
