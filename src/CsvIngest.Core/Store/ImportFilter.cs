namespace CsvIngest.Store;

/// <summary>Selects imports in <see cref="IStore.ReportAsync"/>: of those that meet every condition, as many as wanted.</summary>
public sealed record ImportFilter
{
    private const string LowestId = "00000000-0000-0000-0000-000000000000";
    private const string HighestId = "ffffffff-ffff-ffff-ffff-ffffffffffff";

    /// <summary>All imports.</summary>
    public static ImportFilter All { get; } = new();

    /// <summary>
    /// The characters with which the import ID begins in its 36-character form; the whole of it for one import. Defaults to none: any import.
    /// </summary>
    public string IdPrefix { get; init; } = "";

    /// <summary>Only imports that began at this time or later (<see cref="ImportBooks.BeganAt"/>). Defaults to null: at any time.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>
    /// Only imports of sources with this name, where <c>*</c> stands for any text, <c>?</c> for any character, and an ASCII letter for
    /// itself in both cases. Defaults to null: any name.
    /// </summary>
    public string? Source { get; init; }

    /// <summary>Only imports that a report lists after this position: for the next page of a report. Defaults to null: from the first one.</summary>
    public ImportPosition? After { get; init; }

    /// <summary>How many imports at most. Defaults to null: all of them.</summary>
    public int? Limit { get; init; }

    /// <summary>The lowest ID that begins with <see cref="IdPrefix"/>.</summary>
    public Guid FirstId => Guid.Parse(IdPrefix + LowestId[IdPrefix.Length..]);

    /// <summary>The highest ID that begins with <see cref="IdPrefix"/>.</summary>
    public Guid LastId => Guid.Parse(IdPrefix + HighestId[IdPrefix.Length..]);

    /// <summary><see cref="Source"/> as a pattern of SQL's LIKE, whose escape character is the tilde.</summary>
    public string? SourceLike => Source?
        .Replace("~", "~~", StringComparison.Ordinal)
        .Replace("%", "~%", StringComparison.Ordinal)
        .Replace("_", "~_", StringComparison.Ordinal)
        .Replace('*', '%')
        .Replace('?', '_');

    /// <summary>One import.</summary>
    public static ImportFilter Of(Guid importId) => new() { IdPrefix = importId.ToString() };
}

/// <summary>The position of an import in a report, which does not change: the order is by time, and by ID at the same time.</summary>
/// <param name="BeganAt">See <see cref="ImportBooks.BeganAt"/>.</param>
/// <param name="ImportId">The import.</param>
public sealed record ImportPosition(DateTimeOffset BeganAt, Guid ImportId);
