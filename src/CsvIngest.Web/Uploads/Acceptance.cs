namespace CsvIngest.Web.Uploads;

/// <summary>What has become of a file that was received.</summary>
/// <param name="Upload">The upload that it is.</param>
/// <param name="Kind">Whether it is a new one.</param>
internal sealed record Acceptance(Upload Upload, AcceptanceKind Kind);

/// <summary>See <see cref="Acceptance"/>.</summary>
internal enum AcceptanceKind
{
    /// <summary>A new upload.</summary>
    New,

    /// <summary>The same upload was received before, and is under way or answered already.</summary>
    Known,

    /// <summary>The same upload was received before and had ended early; it goes on.</summary>
    Resumed,

    /// <summary>The same upload was received and imported before.</summary>
    Complete,

    /// <summary>The key belongs to another upload.</summary>
    KeyReused,
}
