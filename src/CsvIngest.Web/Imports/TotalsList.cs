using System.Text.Json;
using CsvIngest.Datasets;
using CsvIngest.Store;
using Microsoft.AspNetCore.WebUtilities;

namespace CsvIngest.Web.Imports;

/// <summary>Reads the totals of the datasets, a page at a time.</summary>
internal sealed class TotalsList(IStore store, DatasetChoice datasets)
{
    /// <summary>How many totals a page has at most.</summary>
    public const int MaxPage = 1000;

    /// <summary>Reads a page of the totals, by dataset, columns and value.</summary>
    /// <param name="dataset">Only those of this dataset; null for those of all.</param>
    /// <param name="values">Only those of these values, in canonical form; empty for those of all.</param>
    /// <param name="after">The cursor of the page before; null for the first page.</param>
    /// <param name="limit">How many at most, up to <see cref="MaxPage"/>.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="Settings.UsageException">There is no such dataset, or it defines no totals.</exception>
    public async Task<TotalsPart> ReadAsync(
        string? dataset, IReadOnlyCollection<string> values, string? after, int limit, CancellationToken cancellationToken)
    {
        if (dataset is not null)
        {
            datasets.FindWithTotals(dataset);
        }

        var filter = new TotalFilter(dataset, values.Count == 0 ? null : values)
        {
            After = after is null ? null : ParseCursor(after),
            Limit = limit + 1,
        };
        var totals = await store.ReadTotalsAsync(filter, cancellationToken).ToListAsync(cancellationToken);
        return new TotalsPart(
            [.. totals.Take(limit).Select(TotalReport.Of)],
            totals.Count > limit ? Cursor(totals[limit - 1].Key) : null);
    }

    private static string Cursor(TotalKey key) => WebEncoders.Base64UrlEncode(
        JsonSerializer.SerializeToUtf8Bytes<string[]>([key.Dataset, key.Definition.By, key.Definition.Sum, key.Value]));

    private static TotalKey ParseCursor(string text)
    {
        try
        {
            if (JsonSerializer.Deserialize<string[]>(WebEncoders.Base64UrlDecode(text)) is [{ } dataset, { } by, { } sum, { } value])
            {
                return new TotalKey(dataset, new TotalDefinition(by, sum), value);
            }
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            // As a text with other content.
        }

        throw RequestException.Invalid("after is not a position; expected the value of next in the page before.");
    }
}

/// <summary>A page of totals.</summary>
/// <param name="Totals">By dataset, columns and value.</param>
/// <param name="Next">The cursor of the next page; null if this is the last one.</param>
public sealed record TotalsPart(IReadOnlyList<TotalReport> Totals, string? Next);
