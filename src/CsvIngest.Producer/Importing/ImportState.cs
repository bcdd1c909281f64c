using System.Text.Json;
using System.Text.Json.Serialization;

namespace CsvIngest.Producer.Importing;

/// <summary>
/// What an unfinished import needs to go on: who it is, how far it is confirmed, and everything that shapes its slices, for a slice
/// number must mean the same rows for ever.
/// </summary>
internal sealed record ImportState
{
    /// <summary>Of this file's format; another one is refused.</summary>
    public const int CurrentVersion = 1;

    public required int Version { get; init; }

    public required Guid Import { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>Where the slices went, without password.</summary>
    public required string Broker { get; init; }

    public required string Queue { get; init; }

    /// <summary>What shapes the slices.</summary>
    public required ImportShape Shape { get; init; }

    /// <summary>The file's size in bytes when the import began.</summary>
    public required long Size { get; init; }

    /// <summary>
    /// When the file was last written, as far as its folder tells. The hash covers what is confirmed; a producer that was killed
    /// may have sent more, and another content of that under the same slice numbers would be taken for a redelivery.
    /// </summary>
    public required DateTimeOffset ModifiedAt { get; init; }

    /// <summary>Whether the file was seen to change: its size and time may be others then.</summary>
    public bool Changed { get; init; }

    /// <summary>Slices up to this number are confirmed.</summary>
    public int ConfirmedSlices { get; init; }

    /// <summary>Rows read up to there.</summary>
    public long ConfirmedRows { get; init; }

    /// <summary>Bytes read up to there.</summary>
    public long ConfirmedPosition { get; init; }

    /// <summary>The hash of these bytes, in hex; empty at the beginning.</summary>
    public string ConfirmedHash { get; init; } = string.Empty;
}

/// <summary>Serialises <see cref="ImportState"/>.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(ImportState))]
internal sealed partial class ImportStateJson : JsonSerializerContext;
