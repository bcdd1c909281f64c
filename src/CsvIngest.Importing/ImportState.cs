using System.Text.Json;
using System.Text.Json.Serialization;
using CsvIngest.Datasets;
using CsvIngest.Importing.Sources;

namespace CsvIngest.Importing;

/// <summary>
/// What resuming an unfinished import needs: its ID, how far it is confirmed, and everything that shapes its slices, since a slice
/// number must always mean the same rows.
/// </summary>
internal sealed record ImportState
{
    /// <summary>The version of the state file's format. A file of another version is not resumed.</summary>
    public const int CurrentVersion = 1;

    public required int Version { get; init; }

    public required Guid Import { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>The address of the broker that the slices were published to, without password.</summary>
    public required string Broker { get; init; }

    public required string Queue { get; init; }

    /// <summary>What shapes the slices.</summary>
    public required ImportShape Shape { get; init; }

    /// <summary>The file's size in bytes when the import began.</summary>
    public required long Size { get; init; }

    /// <summary>
    /// When the file was last written. The hash covers what is confirmed only; a producer that was killed may have published more, and
    /// other content under the same slice numbers would be taken for a redelivery.
    /// </summary>
    public required DateTimeOffset ModifiedAt { get; init; }

    /// <summary>Whether the file was found changed. Its size and time may then differ when it is resumed.</summary>
    public bool Changed { get; init; }

    /// <summary>
    /// How the import ended; null if it is unfinished. The state of an import that has ended stays until its file is moved, and for good if
    /// a file is to be imported only once.
    /// </summary>
    public ImportEnd? Ended { get; init; }

    /// <summary>What the check of the whole file found before anything was published; null if it was not checked first.</summary>
    public FileCheck? Check { get; init; }

    /// <summary>Slices up to this number are confirmed.</summary>
    public int ConfirmedSlices { get; init; }

    /// <summary>Rows read up to there.</summary>
    public long ConfirmedRows { get; init; }

    /// <summary>Bytes read up to there.</summary>
    public long ConfirmedPosition { get; init; }

    /// <summary>The hash of these bytes, in hex; empty at the beginning.</summary>
    public string ConfirmedHash { get; init; } = string.Empty;

    /// <summary>Checks that the import is resumed where it began.</summary>
    /// <exception cref="UnusableFileException">It went to another queue.</exception>
    public void CheckDestination(ImportDestination destination)
    {
        if (Broker != destination.DisplayAddress || Queue != destination.Queue)
        {
            throw Unusable(
                $"The unfinished import {Import} of this file goes to queue {Queue} at {Broker}, not to queue {destination.Queue} at "
                + $"{destination.DisplayAddress}. Resume it there.");
        }
    }

    /// <summary>Whether a file looks like the one that the import began with: whether it has its size and its time.</summary>
    public bool IsOf(OpenSource file) => Size == file.Size && ModifiedAt == file.ModifiedAt;

    /// <summary>Checks that the file looks like the one that the import began with.</summary>
    /// <exception cref="UnusableFileException">It has another size or time.</exception>
    public void CheckFile(OpenSource file)
    {
        if (Changed)
        {
            return;
        }

        if (Size != file.Size)
        {
            throw Unusable(
                $"This is not the file of the unfinished import {Import}: that file had {Size} bytes, this one has {file.Size}. "
                + "Put the original file back.");
        }

        if (ModifiedAt != file.ModifiedAt)
        {
            throw Unusable(
                $"This may not be the file of the unfinished import {Import}: that file was last written at {ModifiedAt:u}, this one at "
                + $"{file.ModifiedAt:u}. Put the original file back, including its time. If the file is imported as a new one, rows that "
                + "are already in the table are duplicates.");
        }
    }

    /// <summary>Checks that the dataset is still the one that the import began with.</summary>
    /// <exception cref="UnusableFileException">Its definition has changed.</exception>
    public void CheckDataset(Dataset dataset)
    {
        if (Shape.DatasetHash != ImportShape.HashOf(dataset))
        {
            throw Unusable(
                $"The dataset {dataset.Name} has changed since the unfinished import {Import} of this file began. Restore its definition.");
        }
    }

    private static UnusableFileException Unusable(string message) => new(message, null, new Remedy(ImportOption.Restart));
}

/// <summary>How an import ended for good.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ImportEnd>))]
internal enum ImportEnd
{
    /// <summary>Every message is confirmed, the closing included.</summary>
    Done,

    /// <summary>The file is unusable. If it is imported again as it is, the same import is resumed, so that no row counts twice.</summary>
    Failed,
}

/// <summary>Reads an <see cref="ImportState"/>; <see cref="WritingJson"/> writes it.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(ImportState))]
internal sealed partial class ImportStateJson : JsonSerializerContext;
